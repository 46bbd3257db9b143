#include "base/wire/dns_name.h"

#include <algorithm>

#include "base/wire/dns.h"
#include "base/wire/http.h"

namespace multiaz::wire::dns {
namespace {

constexpr size_t kLabelBytesMax = 63;
constexpr size_t kPointerTargetMax = 0x3fff;
constexpr uint8_t kPointerBits = 0xc0;

void append_escaped(std::string_view label, std::string& out) {
  for (char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '.' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte > ' ' && byte < 0x7f) {
      out += c;
    } else {
      out += '\\';
      for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + byte / unit % 10);
    }
  }
}

// The byte behind a backslash: three digits, or any one character.
bool unescape(std::string_view name, size_t& at, char& out) {
  const auto digit = [&](size_t i) { return i < name.size() && name[i] >= '0' && name[i] <= '9'; };
  if (at >= name.size()) return false;
  if (!digit(at)) {
    out = name[at++];
    return true;
  }
  if (!digit(at + 1) || !digit(at + 2)) return false;
  const int value = (name[at] - '0') * 100 + (name[at + 1] - '0') * 10 + (name[at + 2] - '0');
  at += 3;
  out = static_cast<char>(value);
  return value <= 255;
}

}  // namespace

std::string read_name(std::string_view message, ByteReader& in) {
  std::string out;
  size_t wire_bytes = 1;
  size_t start = in.at();  // start of the part that is being read: pointers must lead to before it
  ByteReader part = in;
  bool jumped = false;
  for (;;) {
    const uint8_t length = part.u8();
    if (!part.ok()) break;
    if ((length & kPointerBits) == kPointerBits) {
      const size_t target = (length & ~kPointerBits & 0xffU) << 8 | part.u8();
      if (!part.ok() || target >= start) break;
      if (!jumped) in = part;
      jumped = true;
      start = target;
      part = ByteReader(message);
      part.take(target);
      continue;
    }
    if (length > kLabelBytesMax) break;
    if (length == 0) {
      if (!jumped) in = part;
      return out;
    }
    wire_bytes += length + 1U;
    const auto label = part.take(length);
    if (!part.ok() || wire_bytes > kNameBytesMax) break;
    if (!out.empty()) out += '.';
    append_escaped(label, out);
  }
  in.fail();
  return "";
}

bool split_labels(std::string_view name, std::vector<std::string>& labels) {
  labels.clear();
  if (name.empty()) return true;
  size_t wire_bytes = 1;
  std::string label;
  for (size_t at = 0; at <= name.size();) {
    if (at == name.size() || name[at] == '.') {
      wire_bytes += label.size() + 1;
      if (label.empty() || label.size() > kLabelBytesMax || wire_bytes > kNameBytesMax)
        return false;
      labels.push_back(std::move(label));
      label.clear();
      ++at;
      continue;
    }
    char c = name[at++];
    if (c == '\\' && !unescape(name, at, c)) return false;
    label += c;
  }
  return true;
}

bool NameWriter::write(std::string_view name, std::string& message) {
  std::vector<std::string> labels;
  if (!split_labels(name, labels)) return false;
  for (size_t i = 0; i < labels.size(); ++i) {
    std::string suffix;
    for (size_t j = i; j < labels.size(); ++j)
      suffix += static_cast<char>(labels[j].size()) + labels[j];
    const auto found = seen_.find(suffix);
    if (found != seen_.end()) {
      put_big(0xc000U | found->second, 2, message);
      return true;
    }
    if (message.size() <= kPointerTargetMax)
      seen_.emplace(std::move(suffix), static_cast<uint16_t>(message.size()));
    message += static_cast<char>(labels[i].size());
    message += labels[i];
  }
  message += '\0';
  return true;
}

void NameWriter::forget_from(size_t offset) {
  std::erase_if(seen_, [&](const auto& entry) { return entry.second >= offset; });
}

bool same_name(std::string_view a, std::string_view b) {
  return http::same_text(a, b);
}

bool is_below(std::string_view name, std::string_view zone) {
  if (zone.empty() || same_name(name, zone)) return true;
  if (name.size() <= zone.size()) return false;
  const size_t dot = name.size() - zone.size() - 1;
  // The dot must separate labels; after an odd number of backslashes it belongs to one.
  size_t backslashes = 0;
  while (backslashes < dot && name[dot - 1 - backslashes] == '\\') ++backslashes;
  return name[dot] == '.' && backslashes % 2 == 0 && same_name(name.substr(dot + 1), zone);
}

}  // namespace multiaz::wire::dns
