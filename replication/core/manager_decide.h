// The decisions that the manager makes by itself: bootstrap, the next primary, shrinking after a
// death, and what to do when its stored state turns out to be old.
#pragma once

#include <optional>
#include <string>

#include "replication/core/manager_views.h"

namespace multiaz::replication {

class Decisions {
 public:
  Decisions(const ManagerConfig& config, const Roster& roster, Views& views, ManagerStep& step)
      : config_(config), roster_(roster), views_(views), step_(step), started_(step.now()) {}

  void decide();  // after each event that may have changed the grounds of a decision
  void replace_primary(const NodeId& excluded, const std::string& why);

  bool settled();  // it has listened long enough after the start
  bool primary_is_silent() const;
  // The best of the in-sync members that are alive. nullptr: none.
  const MemberReport* best_candidate(const NodeId& excluded) const;

  // A member acts in a later view than the stored one.
  void notice_later_view(const MemberReport& e);
  bool recalling() const { return recalled_.has_value(); }
  void stop_recalling() { recalled_.reset(); }
  void digest(Digest& out) const;

 private:
  bool recall();
  void bootstrap();
  bool reunion_pending();
  bool data_is_gone() const;
  bool start_over();
  void shrink();
  void refresh_learners();

  const ManagerConfig& config_;
  const Roster& roster_;
  Views& views_;
  ManagerStep& step_;
  const Nanos started_;
  std::optional<View> recalled_;        // amnesia: the highest view that a member reports
  bool waiting_ = false;                // no in-sync member is alive
  std::optional<Nanos> reunion_since_;  // when the first in-sync member came back
  bool settled_ = false;
};

}  // namespace multiaz::replication
