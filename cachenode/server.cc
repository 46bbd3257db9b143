#include "cachenode/server.h"

#include <algorithm>
#include <utility>

#include "base/core/log.h"
#include "cachenode/limits.h"

namespace multiaz::cachenode {

namespace {

constexpr uint64_t kSecondTurns = 1000 / kCronMs;

}  // namespace

Server::Server(Settings settings, Database& db, Machine& machine, replication::Group& group)
    : settings_(std::move(settings)),
      db_(db),
      machine_(machine),
      group_(group),
      dispatcher_(db, *this),
      runner_(db, dispatcher_, group),
      listeners_(nursery_, "cache",
                 [this](rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn) {
                   on_accept(listener, std::move(conn));
                 }),
      cron_timer_([this] { cron(); }),
      listeners_timer_([this] { update_listeners(); }) {
  Machine::Hooks hooks;
  hooks.committed = [this](Lsn lsn) { on_committed(lsn); };
  hooks.role_changed = [this](replication::Role role, std::string_view reason) {
    on_role(role, reason);
  };
  machine_.set_hooks(std::move(hooks));
}

Server::~Server() {
  machine_.set_hooks(Machine::Hooks());
}

Status Server::start(rt::Address address) {
  const Status opened = listeners_.open_own(address);
  if (!opened) return opened;
  started_ = monotonic_now();
  cron_timer_.start(kCronMs, kCronMs);
  listeners_timer_.start(kListenersMs, kListenersMs);
  update_listeners();
  return Status();
}

rt::Task<void> Server::stop() {
  stopping_ = true;
  cron_timer_.stop();
  listeners_timer_.stop();
  listeners_.close_all();
  for (const auto& [id, session] : sessions_) {
    if (session->outbox.empty())
      session->end();
    else
      end_in_doubt(*session);
  }
  moved_.notify_all();
  nursery_.stop();
  co_await nursery_.join();
}

void Server::learn_addresses(std::map<std::string, rt::Address> addresses) {
  addresses_ = std::move(addresses);
}

GroupFacts Server::group() const {
  const replication::GroupStatus status = group_.status();
  GroupFacts facts;
  facts.role = std::string(replication::to_string(status.role));
  facts.epoch = status.epoch;
  facts.tail = status.tail;
  facts.commit = status.commit;
  facts.serving = status.serving;
  facts.lease_left_ms = status.lease_left_ms;
  facts.primary_id = status.primary;
  const auto primary = addresses_.find(status.primary);
  if (primary != addresses_.end()) {
    facts.primary_host = primary->second.ip_text();
    facts.primary_port = primary->second.port;
  }
  for (const replication::PeerStatus& peer : status.peers) {
    ReplicaFacts replica;
    replica.id = peer.id;
    const auto known = addresses_.find(peer.id);
    if (known != addresses_.end()) {
      replica.host = known->second.ip_text();
      replica.port = known->second.port;
    }
    replica.in_sync = peer.in_sync;
    replica.connected = peer.connected;
    replica.acked = peer.acked;
    replica.lag_ms = peer.lag_ms == replication::kLagUnknownMs ? 0 : peer.lag_ms;
    facts.replicas.push_back(std::move(replica));
  }
  return facts;
}

uint64_t Server::uptime_s() const {
  return (monotonic_now() - started_) / kSecond;
}

std::vector<const Client*> Server::clients() const {
  std::vector<const Client*> out;
  for (const auto& [id, session] : sessions_) out.push_back(&session->client);
  std::sort(out.begin(), out.end(), [](const Client* a, const Client* b) { return a->id < b->id; });
  return out;
}

size_t Server::replicas_with(Lsn lsn) const {
  size_t count = 0;
  for (const replication::PeerStatus& peer : group_.status().peers) {
    count += peer.connected && peer.acked >= lsn;
  }
  return count;
}

void Server::auth_failed(const Client& client) {
  ++stats_.auth_failures;
  auth_failed_peer_ = client.peer;
}

void Server::cron() {
  db_.set_now_ms(wall_now_ms());
  expire_keys();
  if (++cron_turns_ % kSecondTurns != 0) return;
  close_idle();
  log_auth_failures();
}

// The rounds go on while each one finds as many expired keys as it may remove, so that many are
// removed quickly and none costs almost nothing.
void Server::expire_keys() {
  for (int round = 0; round < kExpireRoundsMax; ++round) {
    if (db_.keys().expiring() == 0 || !group_.serving()) return;
    if (db_.journal().held_bytes() > kUncommittedBytesMax) return;
    const std::vector<std::string> expired = db_.keys().collect_expired(
        expire_cursor_, db_.now_ms(), kExpireBucketsPerRound, kExpireKeysPerRound);
    if (expired.empty()) return;
    for (const std::string& key : expired) db_.drop_expired(key);
    const Result<Lsn> lsn = runner_.append_open();
    if (!lsn) return;
    stats_.expired_keys += expired.size();
    if (expired.size() < kExpireKeysPerRound) return;
  }
}

void Server::close_idle() {
  const int64_t now_ms = db_.now_ms();
  for (const auto& [id, session] : sessions_) {
    const Client& client = session->client;
    const auto idle_max_ms = static_cast<int64_t>(settings_.idle_timeout_s) * 1000;
    if (!client.authenticated && now_ms - client.since_ms > kAuthenticateMs) {
      session->conn->close(Code::kTimeout, "no authentication");
    } else if (idle_max_ms > 0 && now_ms - client.active_ms > idle_max_ms) {
      session->conn->close(Code::kTimeout, "idle");
    }
  }
}

void Server::log_auth_failures() {
  const uint64_t fresh =
      stats_.auth_failures - std::min(stats_.auth_failures, auth_failures_logged_);
  auth_failures_logged_ = stats_.auth_failures;
  if (fresh == 0) return;
  log::warn(std::to_string(fresh) + " failed authentications in the last second, last from " +
            auth_failed_peer_);
}

}  // namespace multiaz::cachenode
