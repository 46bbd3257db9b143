// Which action each instance needs, judged from what is known of the instances: a pure function.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/control/mistakes.h"
#include "orchestrator/ec2/instance.h"

namespace multiaz::orchestrator {

struct Limits {
  uint64_t silence_ms = 700;
  uint64_t replace_hung_after_ms = 5000;
  uint64_t first_word_ms = 20000;  // a process without a hello by then hangs, too
  // For Auto Scaling: the load balancers have found it unhealthy for so long, and the grace period
  // is over.
  uint64_t replace_unhealthy_after_ms = 1500;
  uint64_t grace_ms = 2000;
};

struct Snapshot {
  Nanos now = 0;  // time of the awake clock
  Limits limits;
  const std::map<std::string, Instance>& instances;
  const std::set<std::string>& zones_down;
  const std::set<std::string>& suspended;  // suspended processes of Auto Scaling
  const std::set<std::string>& paused;     // tiers whose dead instances are not started for now
  Mistake mistake = Mistake::kNone;
  // When most of the cluster was silent for the last time; 0 = never. From then on every instance
  // gets the time of one more silence, because the reports of some are still on their way when the
  // first reports arrive again.
  Nanos suspected_at = 0;
};

struct Action {
  enum class Kind {
    kStart,       // a new process in place of one that has ended
    kKill,        // SIGKILL to a process that hangs; its exit report then leads to a start
    kHold,        // it has ended in a zone that is held down
    kRelease,     // the zone is up again
    kCallSilent,  // no heartbeat has come: an event says so
  };
  Kind kind;
  std::string id;
  std::string reason;  // the text for the event log
  bool operator==(const Action&) const = default;
};

// Whether the orchestrator itself is the suspect: most of the cluster became silent at once, so the
// fault is on its own side. Killing the instances would turn the failure of the control plane into
// an outage of the shop.
bool suspect_ourselves(const Snapshot& snapshot);

std::vector<Action> decide(const Snapshot& snapshot);

}  // namespace multiaz::orchestrator
