// What to do about the instances, from what is known of them: a pure function.
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
  uint64_t first_word_ms = 20000;  // a started process that never says hello is hung, too
  // Of Auto Scaling: condemned by the load balancers for so long, and the grace period is over.
  uint64_t replace_unhealthy_after_ms = 1500;
  uint64_t grace_ms = 2000;
};

struct Snapshot {
  Nanos now = 0;  // of the awake clock
  Limits limits;
  const std::map<std::string, Instance>& instances;
  const std::set<std::string>& zones_down;
  const std::set<std::string>& suspended;  // processes of Auto Scaling
  const std::set<std::string>& paused;     // tiers whose dead stay dead for now
  Mistake mistake = Mistake::kNone;
  // When most of the cluster was silent for the last time; 0 = never. Those whose words are still
  // on their way when the first are heard again are given the time of a silence.
  Nanos suspected_at = 0;
};

struct Action {
  enum class Kind {
    kStart,       // a new process in place of a dead one
    kKill,        // SIGKILL a hung one; its exit report then leads to a start
    kHold,        // dead in a zone that is held down
    kRelease,     // the zone is up again
    kCallSilent,  // no heartbeat: say so
  };
  Kind kind;
  std::string id;
  std::string reason;  // in words, for the event log
  bool operator==(const Action&) const = default;
};

// When most of a cluster falls silent at once, the fault is on our side: killing it would turn
// a dead control plane into a dead shop.
bool suspect_ourselves(const Snapshot& snapshot);

std::vector<Action> decide(const Snapshot& snapshot);

}  // namespace multiaz::orchestrator
