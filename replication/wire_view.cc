#include "replication/wire_view.h"

#include <optional>

namespace multiaz::replication {

std::optional<Change> change_from(std::string_view name) {
  constexpr Change kChanges[] = {Change::kAdd, Change::kRemove, Change::kReplacePrimary,
                                 Change::kHandOver};
  for (const Change change : kChanges) {
    if (to_string(change) == name) return change;
  }
  return std::nullopt;
}

std::optional<State> state_from(std::string_view name) {
  constexpr State kStates[] = {State::kStarting,  State::kIdle,       State::kLearner,
                               State::kSecondary, State::kActivating, State::kPrimary,
                               State::kFailed};
  for (const State state : kStates) {
    if (to_string(state) == name) return state;
  }
  return std::nullopt;
}

wire::ViewUpdate to_wire(const std::string& group, const View& view, bool fenced,
                         std::vector<wire::MemberInfo> members) {
  wire::ViewUpdate out;
  out.group = group;
  out.epoch = view.epoch.raw;
  out.primary = view.primary.raw;
  for (const MemberRef& member : view.in_sync) out.in_sync.push_back(member.id.raw);
  for (const LearnerRef& learner : view.learners) out.learners.push_back(learner.id.raw);
  out.members = std::move(members);
  out.fenced = fenced;
  out.view = describe(view);
  return out;
}

Result<ViewUpdate> from_wire(const wire::ViewUpdate& update) {
  auto view = restore_view(update.view);
  if (!view) return view.error();
  ViewUpdate out;
  out.view = std::move(*view);
  out.fenced = update.fenced;
  return out;
}

wire::ViewRequest to_wire(const std::string& group, const RequestView& request) {
  wire::ViewRequest out;
  out.group = group;
  out.epoch = request.base.raw;
  const bool adds = request.change == Change::kAdd || request.change == Change::kHandOver;
  (adds ? out.add : out.remove).push_back(request.member.id.raw);
  out.reason = request.reason;
  out.change = std::string(to_string(request.change));
  out.incarnation = request.member.incarnation.raw;
  return out;
}

Result<RequestView> from_wire(const wire::ViewRequest& request) {
  const auto change = change_from(request.change);
  if (!change) return Error(Code::kInvalid, "unknown change \"" + request.change + "\"");
  const wire::Names& names = request.add.empty() ? request.remove : request.add;
  if (names.size() != 1) return Error(Code::kInvalid, "a request names one member");
  RequestView out;
  out.base = Epoch(request.epoch);
  out.change = *change;
  out.member.id = NodeId(names.front());
  out.member.incarnation = Incarnation(request.incarnation);
  out.reason = request.reason;
  return out;
}

Result<MemberReport> member_report(const wire::StatusReport& report) {
  MemberReport out;
  if (!report.view.empty()) {
    auto view = restore_view(report.view);
    if (!view) return view.error();
    out.view = std::move(*view);
  }
  out.id = NodeId(report.id);
  out.launch = Launch(report.launch);
  out.incarnation = Incarnation(report.incarnation);
  out.state = state_from(report.member_state).value_or(State::kStarting);
  out.tail_epoch = Epoch(report.tail_epoch);
  out.tail = Lsn(report.tail);
  return out;
}

}  // namespace multiaz::replication
