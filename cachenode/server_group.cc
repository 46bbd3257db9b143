// The effects of the replication group on connections: commits release replies, a lost role ends
// connections, and the listeners follow the role.
#include <algorithm>
#include <utility>

#include "base/core/log.h"
#include "cachenode/limits.h"
#include "cachenode/server.h"

namespace multiaz::cachenode {

namespace {

using replication::Role;

constexpr std::string_view kLoading = "LOADING multiaz is loading the dataset in memory";
constexpr std::string_view kNoLease =
    "UNAVAILABLE the primary has no lease; the command was not executed";
constexpr std::string_view kMasterDown =
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
constexpr std::string_view kInDoubt =
    "-INDOUBT the role was lost before the write was committed; it may or may not have been "
    "executed\r\n";

std::string_view no_write(Role role) {
  if (role == Role::kPrimary) return kNoLease;
  return role == Role::kNone ? kLoading : errors::kReadOnly;
}

std::string_view no_read(Role role) {
  if (role == Role::kPrimary) return kNoLease;
  return role == Role::kNone ? kLoading : kMasterDown;
}

}  // namespace

Permissions Server::permissions(rt::ListenerKind listener) const {
  Permissions out;
  out.may_write = group_.serving();
  // Uncommitted writes of a lost role must not be read, and a client that asked for the primary
  // must not get a replica.
  const bool replica = machine_.role() != Role::kPrimary && listener != rt::ListenerKind::kPrimary;
  out.may_read = out.may_write || (replica && group_.readable() && db_.journal().empty());
  if (!out.may_write) out.no_write = no_write(machine_.role());
  if (!out.may_read) out.no_read = no_read(machine_.role());
  return out;
}

void Server::on_committed(Lsn lsn) {
  while (!waiting_.empty() && waiting_.begin()->first <= lsn) {
    const std::vector<uint64_t> ids = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    for (const uint64_t id : ids) {
      const auto found = sessions_.find(id);
      if (found == sessions_.end()) continue;
      const std::string ready = found->second->outbox.release(lsn);
      stats_.output_bytes += ready.size();
      found->second->send(ready);
    }
  }
  if (moved_.has_waiters()) moved_.notify_all();
}

void Server::on_role(Role role, std::string_view reason) {
  log::info("role " + std::string(replication::to_string(role)) + ", epoch " +
            std::to_string(machine_.epoch().raw) + ": " + std::string(reason));
  if (role != Role::kPrimary) {
    for (const auto& [id, session] : sessions_) {
      if (!session->outbox.empty())
        end_in_doubt(*session);
      else if (session->listener == rt::ListenerKind::kPrimary)
        session->end();
    }
    waiting_.clear();
  }
  lease_lost_ = 0;
  if (moved_.has_waiters()) moved_.notify_all();
  // Deferred, because the group is in the middle of its change.
  if (!stopping_) listeners_timer_.start(0, kListenersMs);
}

void Server::end_in_doubt(Session& session) {
  stats_.in_doubt_replies += session.outbox.replies();
  if (!session.over()) session.send(kInDoubt);
  session.outbox.clear();
  session.end();
}

bool Server::alone() const {
  const replication::GroupStatus status = group_.status();
  return std::none_of(status.peers.begin(), status.peers.end(),
                      [](const auto& peer) { return peer.in_sync && peer.connected; });
}

bool Server::may_stay(rt::ListenerKind listener, bool lease_gone) const {
  if (listener == rt::ListenerKind::kOwn) return true;
  if (machine_.role() == Role::kPrimary) return !lease_gone;
  return listener == rt::ListenerKind::kReader && group_.readable();
}

void Server::update_listeners() {
  const bool primary = machine_.role() == Role::kPrimary;
  const bool serving = group_.serving();
  const bool reader = serving ? alone() : !primary && group_.readable();
  listeners_.set_open(rt::ListenerKind::kPrimary, serving && !draining_);
  listeners_.set_open(rt::ListenerKind::kReader, reader && !draining_);
  if (serving || !primary) {
    lease_lost_ = 0;
  } else if (lease_lost_ == 0) {
    lease_lost_ = monotonic_now();
  }
  const bool lease_gone =
      lease_lost_ != 0 && monotonic_now() - lease_lost_ > kLeaseLostCloseMs * kMillisecond;
  const bool readable = serving || (!primary && group_.readable());
  if (!lease_gone && readable) return;
  for (const auto& [id, session] : sessions_) {
    if (!session->outbox.empty()) continue;  // replies are in doubt; the new role decides
    if (!may_stay(session->listener, lease_gone)) session->end();
  }
}

}  // namespace multiaz::cachenode
