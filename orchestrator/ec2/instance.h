// One instance as the orchestrator knows it, and the moves its state may make.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

//            start               ready              drain
//   dead  ----------> starting ---------> ready ---------> draining
//    |  ^                 |                 |                 |
//    |  +-----------------+-----------------+-----------------+   the process ended
//    v
//   held   its zone is held down: dead, and not to be started
enum class InstanceState { kDead, kHeld, kStarting, kReady, kDraining };
std::string_view to_string(InstanceState state);

// What the instance's last status report said of its part in a replication group.
struct MemberFacts {
  uint64_t epoch = 0;
  bool serving = false;
  struct Peer {
    std::string id;
    bool in_sync = false, connected = false;
    uint64_t lag_ms = 0;  // UINT64_MAX: the primary has not heard it yet
  };
  std::vector<Peer> peers;  // the primary's view of the others
};

// An instance on its way out of its Auto Scaling group: no new requests, then the terminate hook,
// then SIGTERM, and SIGKILL when the deregistration delay is over.
struct Leaving {
  bool on = false;
  std::string why;
  Nanos since = 0;
  uint64_t drained_by = 0;  // topology version that tells the load balancers
  bool hook_done = false;
  Nanos signalled_at = 0;  // SIGTERM; 0 = not yet
};

// What Auto Scaling keeps of one of its instances. Times of the awake clock.
struct Scaled {
  bool on = false;            // belongs to an Auto Scaling group
  uint64_t version = 0;       // of the launch template
  Nanos launched_at = 0;      // of its first process
  Nanos in_service_at = 0;    // 0 = is not in service
  uint64_t deaths = 0;        // of its processes, except ordered ones
  bool well = false;          // in the load balancers' eyes, or nobody has looked
  std::string unhealthy;      // what they say when they condemn it
  Nanos unhealthy_since = 0;  // 0 = they do not
  uint64_t requests = 0, errors_5xx = 0;
  bool launch_hook_done = false;
  bool standby = false;  // in the group, but out of service and unchecked
  Nanos hook_until = 0;  // in Pending:Wait or Terminating:Wait; 0 = in neither
  Leaving leaving;
};

struct Instance {
  // From the plan.
  std::string id, tier, zone, address;
  uint16_t port = 0;
  bool mute = false;        // somebody's own program: no control connection
  bool port_taken = false;  // of a mute one: a process that is not its own listens there

  InstanceState state = InstanceState::kDead;
  uint64_t launch = 0;      // of the last start; 0 = never started
  int64_t pid = 0;          // 0 = not known (yet)
  int64_t keeper = 0;       // all of its processes are below that one; 0 = it is one process
  Nanos process_since = 0;  // CLOCK_MONOTONIC at the start of the process, for its age
  // Times of the awake clock (awake_clock.h).
  Nanos started_at = 0;
  Nanos heard_at = 0;       // last sign of life of this launch; 0 = none yet
  Nanos next_start_at = 0;  // of a dead one: not before
  uint32_t fast_deaths = 0;
  bool silent = false;   // no heartbeat for the bound
  bool dying = false;    // SIGKILL is on its way
  bool stopped = false;  // by request (SIGSTOP): left alone until somebody continues it
  Nanos stopped_at = 0;  // of the request; 0: found so at adoption
  std::string health;    // "healthy" or why not; "" = not heard yet
  MemberFacts member;
  Scaled scaled;

  // A process of it exists, or was asked for and may exist.
  [[nodiscard]] bool running() const {
    return state != InstanceState::kDead && state != InstanceState::kHeld;
  }
};

// A planned one that never ran.
Instance fresh(const PlannedInstance& planned);

// Every move goes through here. REQUIRES: the table above allows it.
void move(Instance& instance, InstanceState to);
bool may_move(InstanceState from, InstanceState to);

// A process of it was asked for / was found running by a restarted orchestrator / ended.
void started(Instance& instance, uint64_t launch, Nanos now);
// An adopted instance counts as ready until it says otherwise: a new orchestrator must not take
// anything out of service only because it does not know it yet.
void adopted(Instance& instance, uint64_t launch, int64_t pid, bool stopped, Nanos now);
void ended(Instance& instance, Nanos now);

// The first restart is immediate; whoever dies again within kLongLifeMs waits, twice as long each
// time.
constexpr uint64_t kLongLifeMs = 5000;
constexpr uint64_t kBackoffMs = 50;
constexpr uint64_t kBackoffMsMax = 2000;
uint64_t restart_delay_ms(uint32_t fast_deaths);

}  // namespace multiaz::orchestrator
