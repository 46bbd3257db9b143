#include "cachenode/access.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cachenode/limits.h"

namespace multiaz::cachenode {

namespace {

using replication::Role;

constexpr std::string_view kLoading = "LOADING multiaz is loading the dataset in memory";
constexpr std::string_view kNoLease =
    "UNAVAILABLE the primary has no lease; the command was not executed";
constexpr std::string_view kMasterDown =
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";

std::string_view no_write(Role role) {
  if (role == Role::kPrimary) return kNoLease;
  return role == Role::kNone ? kLoading : errors::kReadOnly;
}

std::string_view no_read(Role role) {
  if (role == Role::kPrimary) return kNoLease;
  return role == Role::kNone ? kLoading : kMasterDown;
}

}  // namespace

Access::Access(const Database& db, const Machine& machine, const replication::Group& group,
               const Connections& connections, rt::Nursery& nursery,
               rt::RoleListeners::OnAccept on_accept)
    : db_(db),
      machine_(machine),
      group_(group),
      connections_(connections),
      listeners_(nursery, "cache", std::move(on_accept)),
      timer_([this] { update(); }) {}

Status Access::open(rt::Address address) {
  const Status opened = listeners_.open_own(address);
  if (!opened) return opened;
  timer_.start(kListenersMs, kListenersMs);
  update();
  return Status();
}

void Access::close() {
  closed_ = true;
  timer_.stop();
  listeners_.close_all();
}

void Access::role_changed() {
  lease_lost_ = 0;
  // Deferred, because the group is in the middle of its change.
  if (!closed_) timer_.start(0, kListenersMs);
}

Permissions Access::permissions(rt::ListenerKind listener) const {
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

bool Access::alone() const {
  const replication::GroupStatus status = group_.status();
  return std::none_of(status.peers.begin(), status.peers.end(),
                      [](const auto& peer) { return peer.in_sync && peer.connected; });
}

bool Access::may_stay(rt::ListenerKind listener, bool lease_gone) const {
  if (listener == rt::ListenerKind::kOwn) return true;
  if (machine_.role() == Role::kPrimary) return !lease_gone;
  return listener == rt::ListenerKind::kReader && group_.readable();
}

void Access::update() {
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
  for (const auto& [id, session] : connections_.all()) {
    if (!session->outbox.empty()) continue;  // replies are in doubt; the new role decides
    if (!may_stay(session->listener, lease_gone)) session->end();
  }
}

}  // namespace multiaz::cachenode
