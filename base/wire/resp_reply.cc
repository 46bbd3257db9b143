// How ReplyWriter writes each type.
#include <array>

#include "base/wire/resp.h"
#include "base/wire/resp_number.h"

namespace multiaz::wire::resp {
namespace {

void append_integer(int64_t value, std::string& out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_line(char type, std::string_view text, std::string& out) {
  out += type;
  for (char c : text) out += c == '\r' || c == '\n' ? ' ' : c;
  out += "\r\n";
}

}  // namespace

void ReplyWriter::header(char type, uint64_t value) {
  out_ += type;
  append_integer(static_cast<int64_t>(value), out_);
  out_ += "\r\n";
}

void ReplyWriter::bound(size_t bytes_max, bool& exceeded) {
  bytes_max_ = bytes_max;
  exceeded_ = &exceeded;
}

ReplyWriter ReplyWriter::in_version(int version) const {
  ReplyWriter same(*this);
  same.version_ = version;
  return same;
}

bool ReplyWriter::fits(size_t bytes) {
  if (bytes <= bytes_max_ && out_.size() <= bytes_max_ - bytes) return true;
  *exceeded_ = true;
  return false;
}

void ReplyWriter::simple(std::string_view text) {
  append_line('+', text, out_);
}
void ReplyWriter::error(std::string_view text) {
  append_line('-', text, out_);
}

void ReplyWriter::integer(int64_t value) {
  out_ += ':';
  append_integer(value, out_);
  out_ += "\r\n";
}

void ReplyWriter::bulk(std::string_view bytes) {
  if (!fits(bytes.size())) return;
  header('$', bytes.size());
  out_ += bytes;
  out_ += "\r\n";
}

void ReplyWriter::bulk_integer(int64_t value) {
  std::string digits;
  append_integer(value, digits);
  bulk(digits);
}

void ReplyWriter::null() {
  out_ += version_ == 3 ? "_\r\n" : "$-1\r\n";
}
void ReplyWriter::null_array() {
  out_ += version_ == 3 ? "_\r\n" : "*-1\r\n";
}
void ReplyWriter::array(size_t items) {
  header('*', items);
}

void ReplyWriter::map(size_t pairs) {
  if (version_ == 3) return header('%', pairs);
  header('*', pairs * 2);
}

void ReplyWriter::set(size_t items) {
  header(version_ == 3 ? '~' : '*', items);
}
void ReplyWriter::push(size_t items) {
  header(version_ == 3 ? '>' : '*', items);
}

void ReplyWriter::number(double value) {
  const auto text = format_double(value);
  if (version_ == 2) return bulk(text);
  append_line(',', text, out_);
}

void ReplyWriter::boolean(bool value) {
  if (version_ == 2) return integer(value ? 1 : 0);
  out_ += value ? "#t\r\n" : "#f\r\n";
}

void ReplyWriter::big_number(std::string_view digits) {
  if (version_ == 2) return bulk(digits);
  append_line('(', digits, out_);
}

void ReplyWriter::verbatim(std::string_view text) {
  if (version_ == 2) return bulk(text);
  if (!fits(text.size())) return;
  header('=', text.size() + 4);
  out_ += "txt:";
  out_ += text;
  out_ += "\r\n";
}

}  // namespace multiaz::wire::resp
