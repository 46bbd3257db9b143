// EffectQueue: effects on their way from the core to the ports. Two things make the first one wait:
//
//   A barrier: a view that is being stored, a log that is being cut, a snapshot that is being
//   installed, a state that is being rebuilt. No effect leaves before it is done.
//   The state's lag: it may be behind what may be applied. Effects that need the state (serving,
//   commit points, rollbacks, snapshots) wait for it; records and messages do not.
#pragma once

#include <deque>

#include "replication/core/effects.h"

namespace multiaz::replication {

class EffectQueue {
 public:
  explicit EffectQueue(Bug bug) : bug_(bug) {}

  void push(Effect effect);
  bool ready() const;  // the first effect may be carried out
  Effect take();       // REQUIRES: ready()
  void clear();        // drops the effects and the barrier
  const std::deque<Effect>& waiting() const { return effects_; }

  // When take() returns such an effect it raises a barrier, which barrier_done() ends.
  bool behind_barrier() const { return barrier_; }
  void barrier_done() { barrier_ = rebuilding_ = false; }
  void rebuild();  // a Rollback that needs a barrier

  bool installs() const { return installs_ > 0; }  // a received snapshot waits to be installed

  // The lsn of the state (executed, and known as committed), and the lsn up to which it may be
  // applied.
  Lsn machine_at() const { return machine_at_; }
  Lsn apply_to() const { return apply_to_; }
  void stand_at(Lsn lsn) { machine_at_ = lsn; }
  void may_apply(Lsn lsn) { apply_to_ = lsn; }
  bool lags() const { return machine_at_ < apply_to_; }
  // Log and state are as far as the core: nothing waits.
  bool settled() const { return effects_.empty() && !barrier_ && !lags(); }

  // The core has decided these already, and they are not carried out yet.
  bool ends_role() const { return role_ends_ > 0; }  // ends the role of a serving primary
  bool takes_back() const { return rollbacks_ > 0 || rebuilding_; }  // takes executed effects back

 private:
  bool waits_for_machine(const Effect& effect) const;
  void count(const Effect& effect, int by);

  const Bug bug_;
  std::deque<Effect> effects_;
  bool barrier_ = false;
  bool rebuilding_ = false;
  int role_ends_ = 0;
  int rollbacks_ = 0;
  int installs_ = 0;
  Lsn machine_at_;
  Lsn apply_to_;  // the state machine may apply up to here
};

}  // namespace multiaz::replication
