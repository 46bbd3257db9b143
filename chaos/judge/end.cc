// Claims about the end: the cluster is healthy, no alarm was logged, and nothing is left behind.
#include <map>
#include <set>

#include "chaos/judge/enough.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

bool in_the_run(const RunRecord& record, const Event& event) {
  return event.at >= record.load_from && event.at <= record.whole_at;
}

// How often a primary's role moved to another node. The same primary in a new epoch (a member has
// joined), or reported again by a restarted control plane, does not count.
uint64_t failovers(const RunRecord& record) {
  uint64_t seen = 0;
  std::map<std::string, std::string> primary;  // by group
  for (const Event& event : record.events) {
    if (event.kind != "serving") continue;
    std::string& last = primary[event.target.substr(0, event.target.find('-'))];
    seen += !last.empty() && last != event.target && in_the_run(record, event);
    last = event.target;
  }
  return seen;
}

uint64_t ended_processes(const RunRecord& record) {
  uint64_t seen = 0;
  std::set<std::string> known;  // a restarted control plane reports it again
  for (const Event& event : record.events) {
    if (event.kind != "exit") continue;
    const bool fresh = known.insert(event.target + event.text).second;
    seen += fresh && in_the_run(record, event);
  }
  return seen;
}

}  // namespace

void claim_end(const RunRecord& record, Claims& out) {
  out.push_back(holds_if("every role is filled and in sync again", record.whole_after,
                         record.whole_after ? "" : "not within the time allowed"));
  const auto calm = [&](const char* key, const char* name, uint64_t seen) {
    if (!record.scenario.bounds.limits.contains(key)) return;
    claim_at_most(record, key, name, seen, out);
    rest_on(out.back(), record.events.size(), 1, "events");
  };
  calm("failovers_max", "the control plane is calm: failovers", failovers(record));
  calm("restarts_max", "the control plane is calm: ended processes", ended_processes(record));
  std::string late;
  for (const FaultRecord& fault : record.faults) {
    if (fault.left_behind) late += (late.empty() ? "" : ", ") + fault.spec.name;
  }
  out.push_back(holds_if("every fault is healed within a second of its end", late.empty(), late));
  out.push_back(holds_if("no daemon reports a fault of its own", record.alarms.empty(),
                         joined(record.alarms)));
  rest_on(out.back(), record.logs_read, enough::kLogs, "logs of daemons");
  out.push_back(holds_if("nothing is left behind", record.clean, joined(record.residue)));
}

}  // namespace multiaz::chaos
