#include "replication/sim/node_control.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "replication/sim/node.h"
#include "replication/sim/world.h"

namespace multiaz::replication::sim {

void NodeControl::report() {
  MemberReport out;
  out.id = node_.id();
  out.launch = node_.launch_;
  out.incarnation = node_.disk_.incarnation;
  out.view = node_.core().view();
  out.state = node_.core().state();
  out.tail_epoch = node_.core().tail_epoch();
  out.tail = node_.core().tail();
  node_.world().control().from_member(node_.index_, std::move(out));
}

void NodeControl::role_changed(const RoleChanged& change, Nanos) {
  const bool primary = change.state == State::kPrimary;
  if (!primary) node_.machine().lost_role();
  // A primary that only renews its view may be an old one that does not know the next view yet.
  const bool current =
      node_.core().state() == State::kPrimary && node_.core().epoch() == change.epoch;
  const State before = std::exchange(covered_state_, change.state);
  if (primary && before != State::kPrimary && current)
    node_.world().checker().became_primary(node_.index_);
  if (before != change.state)
    node_.world().cover(fmt::format("move {} to {}", to_string(before), to_string(change.state)));
}

void NodeControl::ack_view(Epoch epoch) {
  node_.world().control().from_member(node_.index_, ViewAcked{node_.id(), node_.launch_, epoch});
}

void NodeControl::request_view(const RequestView& request) {
  node_.world().cover(fmt::format("request {}", to_string(request.change)));
  node_.world().control().from_member(node_.index_,
                                      ViewRequested{node_.id(), node_.launch_, request});
}

void NodeControl::trace(const std::string& text) {
  node_.world().trace(node_.id().raw, text);
}

void NodeControl::notice(const Notice& notice) {
  node_.world().cover("notice " + notice.kind);
  node_.world().trace(node_.id().raw, fmt::format("notice {}: {}", notice.kind, notice.text));
}

void NodeControl::failed(const std::string& reason) {
  node_.world().trace(node_.id().raw, "fails: " + reason);
  node_.world().instances().crash(node_.index_, 100 * kMillisecond);
}

void NodeControl::stepping(const Event& event) {
  if (node_.world().settings().trace_events && !std::holds_alternative<Tick>(event))
    node_.world().trace(node_.id().raw, "  > " + describe(event));
}

void NodeControl::stepped(State before) {
  const bool led = before == State::kPrimary;
  if (led && node_.core().state() != State::kPrimary)
    node_.machine().stopped_leading(node_.world().checker().acked());
}

bool NodeControl::before(const Effect& effect) {
  if (node_.world().instances().dies_now(node_.index_)) {
    node_.world().cover("crash between two effects");
    node_.world().instances().crash(node_.index_, 50 * kMillisecond);
    return false;
  }
  if (node_.world().settings().trace_events && !std::holds_alternative<Trace>(effect))
    node_.world().trace(node_.id().raw, "  < " + describe(effect));
  return true;
}

}  // namespace multiaz::replication::sim
