// Views as text: for a member's file, the orchestrator's database, traces and status.
#include <algorithm>
#include <charconv>
#include <optional>

#include "replication/core/text.h"

namespace multiaz::replication {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::optional<uint64_t> number_from(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

namespace {

// Splits "id/launch" or "id:incarnation"; false when the separator or a part is missing.
bool halves(std::string_view text, char separator, std::string_view& left,
            std::string_view& right) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos || at == 0) return false;
  left = text.substr(0, at);
  right = text.substr(at + 1);
  return !right.empty();
}

constexpr std::string_view kReplica = "(replica)";

bool read_primary(std::string_view value, View& view) {
  std::string_view id, launch;
  if (!halves(value, '/', id, launch)) return false;
  const auto number = number_from(launch);
  if (!number) return false;
  view.primary = NodeId(std::string(id));
  view.launch = Launch(*number);
  return true;
}

bool read_in_sync(std::string_view value, View& view) {
  for (const std::string_view part : split(value, ',')) {
    std::string_view id, incarnation;
    if (!halves(part, ':', id, incarnation)) return false;
    view.in_sync.push_back({NodeId(std::string(id)), Incarnation(std::string(incarnation))});
  }
  return true;
}

bool read_learners(std::string_view value, View& view) {
  for (std::string_view part : split(value, ',')) {
    const bool replica = part.ends_with(kReplica);
    if (replica) part.remove_suffix(kReplica.size());
    if (part.empty()) return false;
    view.learners.push_back({NodeId(std::string(part)), !replica});
  }
  return true;
}

bool read_field(std::string_view field, View& view) {
  const size_t at = field.find('=');
  if (at == std::string_view::npos) return false;
  const std::string_view key = field.substr(0, at);
  const std::string_view value = field.substr(at + 1);
  if (key == "primary") return read_primary(value, view);
  if (key == "in_sync") return read_in_sync(value, view);
  if (key == "learners") return read_learners(value, view);
  return true;  // the rest was written by a newer version
}

}  // namespace

std::string describe(const View& view) {
  std::string out = std::to_string(view.epoch.raw);
  if (view.epoch.raw == 0) return out;
  out += " primary=" + view.primary.raw + "/" + std::to_string(view.launch.raw) + " in_sync=";
  for (const MemberRef& member : view.in_sync)
    out +=
        (&member == view.in_sync.data() ? "" : ",") + member.id.raw + ":" + member.incarnation.raw;
  if (!view.learners.empty()) out += " learners=";
  for (const LearnerRef& learner : view.learners) {
    out += (&learner == view.learners.data() ? "" : ",") + learner.id.raw;
    if (!learner.candidate) out += kReplica;
  }
  return out;
}

Result<View> restore_view(std::string_view text) {
  const auto bad = [&](const char* why) {
    return Error(Code::kInvalid, std::string("view '") + std::string(text) + "': " + why);
  };
  const auto parts = split(text, ' ');
  if (parts.empty()) return bad("empty");
  View view;
  const auto epoch = number_from(parts[0]);
  if (!epoch) return bad("must begin with the epoch");
  view.epoch = Epoch(*epoch);
  for (size_t i = 1; i < parts.size(); ++i)
    if (!read_field(parts[i], view)) return bad("malformed field");
  if (view.epoch.raw == 0) return View();
  if (view.in_sync_member(view.primary) == nullptr) return bad("the primary is not in sync");
  return view;
}

}  // namespace multiaz::replication
