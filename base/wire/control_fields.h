// The fields of each control message, once, for writing and for reading. Only control.cc needs it.
#pragma once

#include <iterator>
#include <string_view>
#include <type_traits>
#include <variant>

#include "base/wire/control.h"

namespace multiaz::wire {

// describe(message, visit) calls visit("key", message.field) for each field in wire order.
// M is the message or the constant message.
#define MULTIAZ_FIELDS(TYPE, ...)                                   \
  template <typename M, typename V>                                 \
  requires std::is_same_v<std::remove_const_t<M>, TYPE>             \
  void describe([[maybe_unused]] M& m, [[maybe_unused]] V& visit) { \
    __VA_ARGS__;                                                    \
  }
#define F(NAME) visit(#NAME, m.NAME)

MULTIAZ_FIELDS(Challenge, F(nonce))
MULTIAZ_FIELDS(Hello, F(cluster), F(id), F(tier), F(zone), F(address), F(launch), F(pid), F(nonce),
               F(proof), F(incarnation), F(version))
MULTIAZ_FIELDS(Welcome, F(nonce), F(proof))
MULTIAZ_FIELDS(PeerStatus, F(id), F(in_sync), F(connected), F(acked), F(lag_ms))
MULTIAZ_FIELDS(TargetStatus, F(id), F(health), F(reason), F(requests), F(errors_5xx))
MULTIAZ_FIELDS(StatusReport, F(id), F(launch), F(state), F(health), F(role), F(epoch), F(tail),
               F(commit), F(serving), F(lease_left_ms), F(incarnation), F(peers), F(counters),
               F(topology_version), F(view), F(member_state), F(tail_epoch), F(targets))
MULTIAZ_FIELDS(EventReport, F(t_ns), F(kind), F(text), F(fields))
MULTIAZ_FIELDS(ViewRequest, F(group), F(epoch), F(remove), F(add), F(reason), F(change),
               F(incarnation))
MULTIAZ_FIELDS(ViewAck, F(group), F(epoch), F(id), F(tail_epoch), F(tail), F(active))
MULTIAZ_FIELDS(MemberInfo, F(id), F(address), F(port), F(incarnation))
MULTIAZ_FIELDS(ViewUpdate, F(group), F(epoch), F(primary), F(in_sync), F(learners), F(members),
               F(fenced), F(view))
MULTIAZ_FIELDS(InstanceInfo, F(id), F(tier), F(zone), F(address), F(port), F(role), F(state))
MULTIAZ_FIELDS(GroupInfo, F(name), F(epoch), F(primary), F(in_sync), F(learners))
MULTIAZ_FIELDS(FaultInfo, F(id), F(kind), F(a), F(b), F(delay_ms), F(jitter_ms), F(amount),
               F(percent), F(point), F(ttl_ms))
MULTIAZ_FIELDS(SecurityRule, F(group), F(port_low), F(port_high), F(source))
MULTIAZ_FIELDS(TopologyUpdate, F(version), F(cluster), F(instances), F(groups), F(faults),
               F(settings), F(security))
MULTIAZ_FIELDS(HandOver, F(group), F(to))
MULTIAZ_FIELDS(TakeSnapshot, F(group), F(name), F(folder))
MULTIAZ_FIELDS(SnapshotTaken, F(group), F(name), F(error), F(epoch), F(lsn), F(bytes))
MULTIAZ_FIELDS(Drain, )
MULTIAZ_FIELDS(Ping, )
MULTIAZ_FIELDS(Spawn, F(ref), F(id), F(launch), F(argv), F(env), F(listen), F(log_path), F(cwd),
               F(cpu_percent), F(memory_mb), F(kept))
MULTIAZ_FIELDS(SignalProcess, F(ref), F(id), F(launch), F(signal))
MULTIAZ_FIELDS(ListProcesses, F(ref))
MULTIAZ_FIELDS(Shutdown, F(ref))
MULTIAZ_FIELDS(ProcessInfo, F(id), F(launch), F(pid), F(started_ns), F(stopped), F(keeper))
MULTIAZ_FIELDS(ProcessList, F(ref), F(processes))
MULTIAZ_FIELDS(Exited, F(id), F(launch), F(pid), F(t_ns), F(exit_code), F(signal))
MULTIAZ_FIELDS(Done, F(ref), F(ok), F(error), F(pid), F(keeper))

#undef F
#undef MULTIAZ_FIELDS

// The names on the wire, in the order of ControlMessage.
constexpr std::string_view kControlNames[] = {
    "Challenge", "Hello",         "Welcome",       "StatusReport",   "EventReport", "ViewRequest",
    "ViewAck",   "ViewUpdate",    "HandOver",      "TopologyUpdate", "Drain",       "Ping",
    "Spawn",     "SignalProcess", "ListProcesses", "ProcessList",    "Exited",      "Done",
    "Shutdown",  "TakeSnapshot",  "SnapshotTaken",
};
static_assert(std::size(kControlNames) == std::variant_size_v<ControlMessage::variant>);

}  // namespace multiaz::wire
