#include "cachenode/housekeeping.h"

#include <algorithm>
#include <vector>

#include "base/core/clock.h"
#include "base/core/log.h"
#include "cachenode/limits.h"

namespace multiaz::cachenode {

namespace {

constexpr uint64_t kSecondTurns = 1000 / kCronMs;

}  // namespace

Housekeeping::Housekeeping(const Settings& settings, Database& db, const replication::Group& group,
                           Runner& runner, const Connections& connections, Stats& stats)
    : settings_(settings),
      db_(db),
      group_(group),
      runner_(runner),
      connections_(connections),
      stats_(stats),
      timer_([this] { turn(); }) {}

void Housekeeping::start() {
  timer_.start(kCronMs, kCronMs);
}

void Housekeeping::auth_failed(const std::string& peer) {
  ++stats_.auth_failures;
  auth_failed_peer_ = peer;
}

void Housekeeping::turn() {
  db_.set_now_ms(wall_now_ms());
  expire_keys();
  if (++turns_ % kSecondTurns != 0) return;
  close_idle();
  log_auth_failures();
}

// The rounds go on while each one finds as many expired keys as it may remove, so that many are
// removed quickly and none costs almost nothing.
void Housekeeping::expire_keys() {
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

void Housekeeping::close_idle() {
  const int64_t now_ms = db_.now_ms();
  for (const auto& [id, session] : connections_.all()) {
    const Client& client = session->client;
    const auto idle_max_ms = static_cast<int64_t>(settings_.idle_timeout_s) * 1000;
    if (!client.authenticated && now_ms - client.since_ms > kAuthenticateMs) {
      session->conn->close(Code::kTimeout, "no authentication");
    } else if (idle_max_ms > 0 && now_ms - client.active_ms > idle_max_ms) {
      session->conn->close(Code::kTimeout, "idle");
    }
  }
}

void Housekeeping::log_auth_failures() {
  const uint64_t fresh =
      stats_.auth_failures - std::min(stats_.auth_failures, auth_failures_logged_);
  auth_failures_logged_ = stats_.auth_failures;
  if (fresh == 0) return;
  log::warn(std::to_string(fresh) + " failed authentications in the last second, last from " +
            auth_failed_peer_);
}

}  // namespace multiaz::cachenode
