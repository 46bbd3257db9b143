#include "replication/log/meta.h"

#include <fmt/format.h>

#include "replication/log/format.h"

namespace multiaz::replication {

namespace {
constexpr std::string_view kHeadLine = "multiaz-replication 1";

std::string_view take_until(std::string_view& rest, char end) {
  const size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}
}  // namespace

std::string encode_meta(const Meta& meta) {
  std::string out = fmt::format("{}\nincarnation {}\n", kHeadLine, meta.incarnation.raw);
  if (meta.view.epoch.raw > 0) out += fmt::format("view {}\n", describe(meta.view));
  for (const auto& [id, address] : meta.addresses) {
    out += fmt::format("address {} {}\n", id.raw, address);
  }
  return out + fmt::format("check {:016x}\n", checksum(out));
}

Result<Meta> decode_meta(std::string_view text) {
  const size_t check_at = text.rfind("check ");
  if (check_at == std::string_view::npos) return Error(Code::kCorrupt, "no checksum line");
  const std::string expected = fmt::format("check {:016x}\n", checksum(text.substr(0, check_at)));
  if (text.substr(check_at) != expected) return Error(Code::kCorrupt, "the checksum is wrong");
  text = text.substr(0, check_at);
  if (take_until(text, '\n') != kHeadLine) return Error(Code::kCorrupt, "another format");
  Meta meta;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view key = take_until(line, ' ');
    if (key == "incarnation") {
      meta.incarnation = Incarnation(std::string(line));
    } else if (key == "view") {
      auto view = restore_view(line);
      if (!view) return Error(Code::kCorrupt, view.error().detail);
      meta.view = std::move(*view);
    } else if (key == "address") {
      const NodeId id{std::string(take_until(line, ' '))};
      meta.addresses[id] = std::string(line);
    } else {
      return Error(Code::kCorrupt, fmt::format("unknown line \"{}\"", key));
    }
  }
  if (meta.incarnation.raw.empty()) return Error(Code::kCorrupt, "no incarnation");
  return meta;
}

}  // namespace multiaz::replication
