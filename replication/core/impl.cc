// Passes each event to the part that it concerns, and changes to new views.
#include "replication/core/impl.h"

#include <fmt/format.h>

#include <variant>

#include "replication/core/digest.h"
#include "replication/core/text.h"

namespace multiaz::replication {

Effects Core::Impl::step(Nanos now, Event& event) {
  CHECK(role_.state() != State::kFailed);
  CHECK((role_.state() == State::kStarting) == std::holds_alternative<Start>(event));
  step_.begin(now);
  const bool disk = config_.durability == Durability::kDisk;
  std::visit(Overloaded{[&](Appended& e) {
                          if (!disk) reached_level(e.lsn, e.epoch);
                        },
                        [&](Persisted& e) {
                          if (disk) reached_level(e.lsn, e.epoch);
                        },
                        [&](LogTrimmed& e) { log_.trimmed(e.base); },
                        [&](RecordsSent& e) { rounds_.records_sent(e); },
                        [&](SnapshotSent& e) { rounds_.snapshot_sent(e); },
                        [&](SnapshotReceived& e) { follower_.snapshot_received(e); },
                        [&](ClientAppend& e) { leadership_.append(e); },
                        [&](HandOver& e) { membership_.hand_over(e); }, [&](auto& e) { on(e); }},
             event);
  check_invariant();
  return step_.take();
}

void Core::Impl::check_invariant() const {
  log_.check();
  role_.check();
  leadership_.check();
}

// A crash forgets the leases that were granted. The last one may have been granted just before, so
// the grace period counts from now.
void Core::Impl::on(Start& e) {
  role_.take(std::move(e.view));
  log_.start(e);
  if (role_.epoch().raw > 0) follower_.promise();
  follow("started");
}

// --- views

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
  if (e.fenced) leadership_.fence();
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
    leadership_.lead(old, fenced, reason);
  } else {
    follow(reason);
  }
  step_.emit(AckView{role_.epoch()});
}

void Core::Impl::follow(const std::string& reason) {
  const bool executed_more = role_.primary() && log_.tail() > log_.commit();
  leadership_.end();
  membership_.end_handover();
  follower_.begin(role_.leading());
  role_.move(role_.as_follower(), reason);
  if (executed_more) step_.emit(Rollback{log_.commit()});
}

// --- links

void Core::Impl::on(LinkUp& e) {
  Peer& peer = peers_.link_up(e.peer);
  step_.trace(fmt::format("link to {} up", e.peer.id.raw));
  if (role_.leading()) rounds_.start(peer);
}

void Core::Impl::on(LinkDown& e) {
  Peer* peer = peers_.linked(e.peer);
  if (peer == nullptr) return;
  peers_.link_down(*peer);
  step_.trace(fmt::format("link to {} down", e.peer.raw));
  if (role_.leading()) leadership_.plan_requests();
}

void Core::Impl::on(Received& e) {
  Peer* peer = peers_.linked(e.from);
  if (peer == nullptr) return;
  std::visit(
      Overloaded{[](Handshake&) {}, [](SnapshotBegin&) {}, [](SnapshotChunk&) {},
                 [](SnapshotEnd&) {}, [&](AppendBatch& m) { follower_.receive(e.from, m); },
                 [&](Heartbeat& m) { follower_.receive(e.from, m); },
                 [&](Nack& m) { rounds_.refused(*peer, m); }, [&](auto& m) { receive(*peer, m); }},
      e.message);
}

// --- events from a primary

void Core::Impl::receive(Peer& peer, Lead& m) {
  const NodeId& from = peer.ref.id;
  if (from == m.view.primary && m.view.epoch > role_.epoch())
    adopt(m.view, false, "learned from " + from.raw);
  follower_.receive(from, m);
}

// --- events from a follower

void Core::Impl::receive(Peer& peer, const Ack& m) {
  if (!rounds_.acked(peer, m)) return;
  leadership_.update_commit();
  leadership_.try_activate();
  rounds_.pump(peer);
  if (role_.primary()) leadership_.plan_join(peer);
}

void Core::Impl::receive(Peer& peer, const HeartbeatAck& m) {
  rounds_.granted(peer, m);
  leadership_.try_activate();
}

void Core::Impl::receive(Peer& peer, const Reject& m) {
  if (m.view.epoch > role_.epoch()) adopt(m.view, false, "learned from " + peer.ref.id.raw);
}

// --- events from the own log

void Core::Impl::reached_level(Lsn lsn, Epoch epoch) {
  if (!log_.reached(lsn, epoch)) return;
  if (role_.following()) {
    follower_.level_reached();
  } else if (role_.leading()) {
    leadership_.update_commit();
    leadership_.try_activate();
  }
}

// A failed sync may have dropped the pages that it failed to write, so a second try that succeeds
// proves nothing (fsyncgate). This process therefore ends, and what it did not acknowledge does not
// count.
void Core::Impl::on(LogFailed& e) {
  if (config_.bug == Bug::kRetryFsync) {
    step_.trace("log failed, tried again: " + e.reason);
    return reached_level(log_.tail(), log_.epoch_of(log_.tail()));
  }
  step_.emit(Notice{"log-failed", e.reason});
  leadership_.end();
  role_.fail(e.reason);
}

void Core::Impl::on(Truncated& e) {
  log_.truncated(std::move(e.tail));
  follower_.truncated();
  leadership_.try_activate();
}

void Core::Impl::on(SnapshotInstalled&) {
  log_.installed();
  follower_.snapshot_installed();
  leadership_.try_activate();
}

// --- events on the primary

void Core::Impl::on(Tick&) {
  if (role_.leading()) leadership_.tick();
  if (role_.state() == State::kSecondary) membership_.ask_to_replace_primary(follower_.heard_at());
}

bool Core::Impl::readable(Lsn state) const {
  if (role_.primary()) return true;
  return role_.following() && follower_.read_from() && state >= *follower_.read_from();
}

uint64_t Core::Impl::digest() const {
  Digest out;
  role_.digest(out);
  log_.digest(out);
  follower_.digest(out);
  peers_.digest(out);
  rounds_.digest(out);
  membership_.digest(out);
  leadership_.digest(out);
  return out.value();
}

}  // namespace multiaz::replication
