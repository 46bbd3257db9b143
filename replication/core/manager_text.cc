// The manager's state as text (its row in the database), and its events and effects for traces.
#include <fmt/format.h>

#include <variant>

#include "replication/core/manager_events.h"
#include "replication/core/text.h"

namespace multiaz::replication {

namespace {
constexpr std::string_view kUnfenced = "unfenced=";
constexpr std::string_view kUnknownPast = "unknown-past";
}  // namespace

// "4 primary=... | unfenced=cache-a1/7@4,cache-b1/3@5 unknown-past"
std::string describe(const ManagerState& state) {
  std::string out = describe(state.view);
  std::string tail;
  for (const ManagerState::Former& former : state.unfenced)
    tail += fmt::format("{}{}/{}@{}", tail.empty() ? kUnfenced : ",", former.id.raw,
                        former.launch.raw, former.until.raw);
  if (state.unknown_past) tail += std::string(tail.empty() ? "" : " ") + std::string(kUnknownPast);
  return tail.empty() ? out : out + " | " + tail;
}

namespace {

bool read_former(std::string_view text, ManagerState& state) {
  const size_t slash = text.find('/');
  const size_t at = text.find('@');
  if (slash == std::string_view::npos || at == std::string_view::npos || at < slash) return false;
  const auto launch = number_from(text.substr(slash + 1, at - slash - 1));
  const auto until = number_from(text.substr(at + 1));
  if (slash == 0 || !launch || !until) return false;
  state.unfenced.push_back(
      {NodeId(std::string(text.substr(0, slash))), Launch(*launch), Epoch(*until)});
  return true;
}

}  // namespace

Result<ManagerState> restore_manager_state(std::string_view text) {
  ManagerState state;
  const size_t bar = text.find(" | ");
  auto view = restore_view(text.substr(0, bar));
  if (!view) return view.error();
  state.view = std::move(*view);
  if (bar == std::string_view::npos) return state;
  for (std::string_view field : split(text.substr(bar + 3), ' ')) {
    if (field == kUnknownPast) state.unknown_past = true;
    if (!field.starts_with(kUnfenced)) continue;
    field.remove_prefix(kUnfenced.size());
    for (const std::string_view former : split(field, ','))
      if (!read_former(former, state))
        return Error(Code::kInvalid, fmt::format("manager state '{}': malformed 'unfenced'", text));
  }
  return state;
}

std::string describe(const ManagerEvent& event) {
  return std::visit(
      Overloaded{[](const MemberReport& e) {
                   return fmt::format("report {}/{} {} epoch {} tail {}", e.id.raw, e.launch.raw,
                                      to_string(e.state), e.view.epoch.raw, e.tail.raw);
                 },
                 [](const MemberExited& e) {
                   return fmt::format("exited {}/{}: {}", e.id.raw, e.launch.raw, e.how);
                 },
                 [](const ViewAcked& e) {
                   return fmt::format("{} acts in epoch {}", e.id.raw, e.epoch.raw);
                 },
                 [](const ViewRequested& e) {
                   return fmt::format("{} asks: {}", e.from.raw, describe(Effect(e.request)));
                 },
                 [](const SwitchoverRequest& e) { return "switchover to " + e.to.raw; },
                 [](const ForcePromote& e) { return "force " + e.to.raw; },
                 [](const MembersChanged& e) {
                   return fmt::format("{} members planned", e.members.size());
                 },
                 [](const ManagerTick&) { return std::string("tick"); }},
      event);
}

std::string describe(const ManagerEffect& effect) {
  return std::visit(
      Overloaded{
          [](const PersistState& e) { return "persist " + e.text; },
          [](const SendView& e) {
            std::string to;
            for (const NodeId& id : e.to) to += " " + id.raw;
            return fmt::format("send view {}{} to{}", e.view.epoch.raw, e.fenced ? " fenced" : "",
                               to);
          },
          [](const SendHandOver& e) {
            return fmt::format("ask {} to hand over to {}", e.primary.raw, e.to.raw);
          },
          [](const ManagerNotice& e) { return fmt::format("{}: {}", e.kind, e.text); },
          [](const Answer& e) { return fmt::format("answer {}: {}", e.ok ? "ok" : "no", e.text); }},
      effect);
}

}  // namespace multiaz::replication
