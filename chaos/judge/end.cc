// How it ended: whole, calm, and with nothing left behind.
#include <set>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "; ") + line;
  return out;
}

void claim_calm(const RunRecord& record, const char* key, const char* kind, const char* name,
                Claims& out) {
  const auto limit = record.scenario.bounds.limits.find(key);
  if (limit == record.scenario.bounds.limits.end()) return;
  uint64_t seen = 0;
  std::set<std::string> known;  // a restarted control plane says again who serves
  for (const Event& event : record.events) {
    if (event.kind != kind) continue;
    const bool fresh = known.insert(event.target + event.text).second;
    seen += fresh && event.at >= record.load_from && event.at <= record.whole_at;
  }
  out.push_back(holds_if(name, seen <= limit->second,
                         std::to_string(seen) + ", at most " + std::to_string(limit->second)));
}

}  // namespace

void claim_end(const RunRecord& record, Claims& out) {
  out.push_back(holds_if("every role is filled and in sync again", record.whole_after,
                         record.whole_after ? "" : "not within the time allowed"));
  claim_calm(record, "failovers_max", "serving", "the control plane is calm: failovers", out);
  claim_calm(record, "restarts_max", "exit", "the control plane is calm: ended processes", out);
  std::string late;
  for (const FaultRecord& fault : record.faults) {
    if (fault.left_behind) late += (late.empty() ? "" : ", ") + fault.spec.name;
  }
  out.push_back(holds_if("every fault is healed within a second of its end", late.empty(), late));
  out.push_back(holds_if("no daemon reports a fault of its own", record.alarms.empty(),
                         joined(record.alarms)));
  out.push_back(holds_if("nothing is left behind", record.clean, joined(record.residue)));
}

}  // namespace multiaz::chaos
