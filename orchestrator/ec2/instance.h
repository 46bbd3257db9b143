// One instance as the orchestrator knows it, and the moves that its state may make.
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

// The part of the last status report that is about the instance's replication group.
struct MemberFacts {
  uint64_t epoch = 0;
  bool serving = false;
  struct Peer {
    std::string id;
    bool in_sync = false, connected = false;
    uint64_t lag_ms = 0;  // UINT64_MAX: the primary has not heard from it yet
  };
  std::vector<Peer> peers;  // the primary's view of the other members
};

// An instance that leaves its Auto Scaling group. It gets no new requests, then waits for the
// terminate hook, then gets SIGTERM, and SIGKILL when the deregistration delay is over.
struct Leaving {
  bool on = false;
  std::string why;
  Nanos since = 0;
  uint64_t drained_by = 0;  // the topology version that tells the load balancers to drain it
  bool hook_done = false;
  Nanos signalled_at = 0;  // when SIGTERM was sent; 0 = not yet
};

// The data that Auto Scaling keeps about one of its instances. Times are of the awake clock.
struct Scaled {
  bool on = false;            // belongs to an Auto Scaling group
  uint64_t version = 0;       // of the launch template
  Nanos launched_at = 0;      // start of its first process
  Nanos in_service_at = 0;    // 0 = not in service
  uint64_t deaths = 0;        // ends of its processes, except ordered ones
  bool well = false;          // healthy for the load balancers, or not checked yet
  std::string unhealthy;      // the load balancers' reason when they find it unhealthy
  Nanos unhealthy_since = 0;  // 0 = it is not
  uint64_t requests = 0, errors_5xx = 0;
  bool launch_hook_done = false;
  bool standby = false;  // in the group, but out of service and unchecked
  Nanos hook_until = 0;  // end of Pending:Wait or Terminating:Wait; 0 = it is in neither
  Leaving leaving;
};

struct Instance {
  // From the plan.
  std::string id, tier, zone, address;
  uint16_t port = 0;
  bool mute = false;  // a foreign program: it has no control connection
  // For a mute one: a process that is not its own listens on its port.
  bool port_taken = false;

  InstanceState state = InstanceState::kDead;
  uint64_t launch = 0;      // number of the last start; 0 = never started
  int64_t pid = 0;          // 0 = not known (yet)
  int64_t keeper = 0;       // its processes are all descendants of this one; 0 = it is one process
  Nanos process_since = 0;  // CLOCK_MONOTONIC at the start of the process, for its age
  // Times of the awake clock (awake_clock.h).
  Nanos started_at = 0;
  Nanos heard_at = 0;       // when this launch was last heard from; 0 = never
  Nanos next_start_at = 0;  // one that has ended is not started before this time
  uint32_t fast_deaths = 0;
  bool silent = false;   // no heartbeat for longer than the bound
  bool dying = false;    // SIGKILL was sent, and the exit is not reported yet
  bool stopped = false;  // by an order (SIGSTOP): left alone until an order continues it
  Nanos stopped_at = 0;  // time of the order; 0: it was found stopped at adoption
  std::string health;    // "healthy" or the reason why it is not; "" = not known yet
  MemberFacts member;
  Scaled scaled;

  // Whether a process of it exists, or a start was ordered and one may exist.
  [[nodiscard]] bool running() const {
    return state != InstanceState::kDead && state != InstanceState::kHeld;
  }
};

// A planned instance that has never run.
Instance fresh(const PlannedInstance& planned);

// Every change of the state goes through here. REQUIRES: the table above allows it.
void move(Instance& instance, InstanceState to);
bool may_move(InstanceState from, InstanceState to);

// These record that a start was ordered, that a restarted orchestrator found the process running,
// and that it has ended.
void started(Instance& instance, uint64_t launch, Nanos now);
// An adopted instance counts as ready until it reports otherwise: a new orchestrator must not take
// an instance out of service only because it does not know it yet.
void adopted(Instance& instance, uint64_t launch, int64_t pid, bool stopped, Nanos now);
void ended(Instance& instance, Nanos now);

// The first restart is immediate. An instance whose process ends again within kLongLifeMs waits,
// twice as long each time.
constexpr uint64_t kLongLifeMs = 5000;
constexpr uint64_t kBackoffMs = 50;
constexpr uint64_t kBackoffMsMax = 2000;
uint64_t restart_delay_ms(uint32_t fast_deaths);

}  // namespace multiaz::orchestrator
