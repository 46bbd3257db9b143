// The change to a new view: the role of this member, and when a new primary may serve.
#include <fmt/format.h>

#include "replication/core/impl.h"

namespace multiaz::replication {

void Core::Impl::on(ViewUpdate& e) {
  const Epoch epoch = role_.epoch();
  if (e.view.epoch < epoch) {
    step_.trace(fmt::format("view {} refused: already in {}", e.view.epoch.raw, epoch.raw));
    return;
  }
  if (e.view.epoch > epoch) return adopt(e.view, e.fenced, "from the manager");
  if (e.view != role_.view()) {
    step_.emit(Notice{"two-views", "epoch " + std::to_string(epoch.raw) + " has two views: " +
                                       describe(role_.view()) + " and " + describe(e.view)});
    return;
  }
  step_.emit(AckView{epoch});
  if (e.fenced && !fenced_ && role_.state() == State::kActivating) {
    step_.trace("fenced: no former primary can serve");
    fenced_ = true;
    try_activate();
  }
}

// Only a promotion has to wait: as long as this member follows, its promise to a former primary
// costs nothing, and it keeps the promise by not activating (grace_is_over). A former primary's
// lease needs every member that a later view can name as primary, so the wait of that one member
// suffices.
void Core::Impl::adopt(const View& view, bool fenced, const std::string& how) {
  CHECK(view.epoch > role_.epoch());
  const View old = role_.take(view);
  const std::string reason = fmt::format("view {} {}", describe(role_.view()), how);
  if (config_.bug != Bug::kForgetView) step_.emit(PersistView{role_.view()});
  follower_.new_view();
  if (role_.leads_view()) {
    fenced_ = fenced || (role_.leading() && fenced_);
    if (role_.leading())
      renew(old, reason);
    else
      promote(reason);
  } else {
    follow(reason);
  }
  step_.emit(AckView{role_.epoch()});
}

void Core::Impl::promote(const std::string& reason) {
  membership_.promoted();
  had_lease_ = false;
  peers_.start_over();
  role_.move(State::kActivating, reason);
  rounds_.start_all();
  try_activate();
}

// This process is primary before and after. What followers acknowledged in the old epoch stays
// true: only this process could have made them drop it. So nothing pauses, unless a member counts
// now that did not count before.
void Core::Impl::renew(const View& old, const std::string& reason) {
  const bool proven = peers_.counted_before(old);
  membership_.renewed();
  if (role_.primary() && !proven) {
    backlog_.clear();
    role_.move(State::kActivating, reason);
    if (log_.tail() > log_.commit()) step_.emit(Rollback{log_.commit()});
  } else {
    role_.move(role_.state(), reason);
  }
  rounds_.start_all();
  update_commit();
  try_activate();
}

void Core::Impl::follow(const std::string& reason) {
  const bool executed_more = role_.primary() && log_.tail() > log_.commit();
  backlog_.clear();
  membership_.end_handover();
  follower_.begin(role_.leading());
  role_.move(role_.as_follower(), reason);
  if (executed_more) step_.emit(Rollback{log_.commit()});
}

// Whether every lease that this member helped to give has run out (or is proven void).
bool Core::Impl::grace_is_over() const {
  return fenced_ || follower_.promise_over() || config_.bug == Bug::kNoFencing;
}

// The new primary serves once no former one can, every in-sync member has its whole log, and it
// holds a lease of its own. Then it commits the suffix that it inherited.
void Core::Impl::try_activate() {
  if (role_.state() != State::kActivating || log_.changing() || !grace_is_over()) return;
  if (log_.durable() < log_.tail() || step_.now() >= peers_.lease_until()) return;
  if (!peers_.required_have(log_.tail()) && config_.bug != Bug::kServeTooEarly) return;
  log_.commit_tail();
  had_lease_ = true;
  role_.move(State::kPrimary,
             fmt::format("every in-sync member has the log up to {}", log_.tail().raw));
}

}  // namespace multiaz::replication
