#include "chaos/steps.h"

#include <signal.h>

#include <algorithm>
#include <optional>

#include "base/core/clock.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kCutMs = 1'000;         // the cut lasts this long before the kill
constexpr uint64_t kCutAfterKillMs = 500;  // and on: nothing of the dead may slip through
constexpr uint64_t kStoppedMsMin = 1'500;
constexpr uint64_t kTakeoverMsMax = 10'000;
constexpr uint64_t kZoneDownMs = 2'500;
constexpr uint64_t kPollMs = 10;

rt::Task<Strike> kill_target(Cluster& cluster, std::string target, std::string group) {
  const auto hits = co_await cluster.signal("kill", target);
  Strike strike = struck(hits, group);
  strike.proof = "gone: " + strike.proof;
  co_return strike;
}

rt::Task<Strike> kill_web(Cluster& cluster) {
  Strike strike = co_await kill_target(cluster, "any:web", "");
  co_return strike;
}

rt::Task<Strike> kill_lb(Cluster& cluster) {
  Strike strike = co_await kill_target(cluster, "any:lb", "");
  co_return strike;
}

rt::Task<Strike> kill_cache(Cluster& cluster) {
  Strike strike = co_await kill_target(cluster, "cache:primary", "cache");
  co_return strike;
}

rt::Task<Strike> kill_db(Cluster& cluster) {
  Strike strike = co_await kill_target(cluster, "db:primary", "db");
  co_return strike;
}

// By our own hand: the control plane is not asked to kill itself.
rt::Task<Strike> kill_orchestrator(Cluster& cluster) {
  Strike strike;
  Hit hit;
  hit.id = "orchestrator";
  hit.pid = cluster.orchestrator_pid();
  const char before = rt::process_state(hit.pid);
  strike.at = monotonic_now();
  const bool sent = hit.pid > 1 && ::kill(hit.pid, SIGKILL) == 0;
  for (int i = 0; i < 200 && sent; ++i) {
    hit.verified = rt::process_gone(hit.pid);
    if (hit.verified) break;
    co_await rt::sleep_ms(1);
  }
  hit.at = strike.at;
  strike.applied = before != 0 && hit.verified;
  strike.proof = "gone: orchestrator pid " + std::to_string(hit.pid);
  strike.hits.push_back(hit);
  co_return strike;
}

rt::Task<Strike> stop_cache(Cluster& cluster) {
  const auto hits = co_await cluster.signal("stop", "cache:primary");
  Strike strike = struck(hits, "cache");
  strike.proof = "state T: " + strike.proof;
  co_return strike;
}

// Lets the stopped primary wake up only when another one has taken over: it then believes for a
// moment that it still is the primary, and must not answer as one.
rt::Task<void> cont_after_takeover(Cluster& cluster, const Strike& strike) {
  if (strike.hits.empty()) co_return;
  const std::string stopped = strike.hits.front().id;
  const Nanos limit = strike.at + kTakeoverMsMax * kMillisecond;
  while (monotonic_now() < limit) {
    const auto primary = co_await find_role(cluster, "cache", "primary");
    if (primary && primary->id != stopped) break;
    co_await rt::sleep_ms(kPollMs);
  }
  while (monotonic_now() < strike.at + kStoppedMsMin * kMillisecond) co_await rt::sleep_ms(kPollMs);
  (void)co_await cluster.signal("cont", stopped);
}

rt::Task<Strike> cut_then_kill(Cluster& cluster, std::string tier) {
  Strike strike;
  strike.group = tier;
  const auto primary = co_await find_role(cluster, tier, "primary");
  auto instances = co_await cluster.instances();
  if (!primary || !instances) {
    strike.proof = "no " + tier + " primary to cut off";
    co_return strike;
  }
  const uint64_t held_before = co_await cluster.bytes_held(primary->id);
  for (const Instance& peer : *instances) {
    if (peer.tier != tier || peer.id == primary->id) continue;
    const auto cut = co_await cluster.cut(primary->id, peer.id, kCutMs + kCutAfterKillMs);
    if (!cut) strike.proof = cut.error().text();
  }
  const Nanos cut_at = monotonic_now();
  co_await rt::sleep_ms(kCutMs);
  const uint64_t held_after = co_await cluster.bytes_held(primary->id);
  const auto hits = co_await cluster.signal("kill", primary->id);
  const std::string problem = strike.proof;
  strike = struck(hits, tier);
  strike.at = cut_at;
  const uint64_t held = held_after - held_before;
  strike.applied = strike.applied && problem.empty() && held > 0;
  strike.proof = std::to_string(held) + " bytes held by the cut; gone: " + strike.proof;
  if (!problem.empty()) strike.proof += "; " + problem;
  co_return strike;
}

rt::Task<Strike> cut_kill_db(Cluster& cluster) {
  Strike strike = co_await cut_then_kill(cluster, "db");
  co_return strike;
}

rt::Task<Strike> cut_kill_cache(Cluster& cluster) {
  Strike strike = co_await cut_then_kill(cluster, "cache");
  co_return strike;
}

rt::Task<void> wait_healthy(Cluster& cluster) {
  const Nanos limit = monotonic_now() + kTakeoverMsMax * kMillisecond;
  while (monotonic_now() < limit) {
    const Health health = co_await cluster.health();
    if (health.healthy) co_return;
    co_await rt::sleep_ms(kPollMs);
  }
}

// Brings both primaries into one zone by an orderly failover of the cache, if they are not there.
rt::Task<void> gather_primaries(Cluster& cluster, std::string zone) {
  auto instances = co_await cluster.instances();
  if (!instances) co_return;
  for (const Instance& one : *instances) {
    if (one.tier != "cache" || one.zone != zone || one.role == "primary") continue;
    (void)co_await cluster.failover("cache", one.id);
    const Nanos limit = monotonic_now() + kTakeoverMsMax * kMillisecond;
    while (monotonic_now() < limit) {
      const auto primary = co_await find_role(cluster, "cache", "primary");
      if (primary && primary->zone == zone) break;
      co_await rt::sleep_ms(kPollMs);
    }
    co_await wait_healthy(cluster);
    co_return;
  }
}

rt::Task<Strike> kill_zone(Cluster& cluster) {
  const auto db = co_await find_role(cluster, "db", "primary");
  if (!db) co_return Strike();
  co_await gather_primaries(cluster, db->zone);
  const auto cache = co_await find_role(cluster, "cache", "primary");
  const bool both = cache && cache->zone == db->zone;
  const auto hits = co_await cluster.zone_down(db->zone, kZoneDownMs);
  Strike strike = struck(hits, "cache db");
  strike.applied = strike.applied && both;
  strike.proof = db->zone + (both ? " with both primaries" : " WITHOUT both primaries") +
                 ", gone: " + strike.proof;
  co_return strike;
}

const std::vector<Step>& table() {
  const std::vector<Path> all = {std::begin(kShopPaths), std::end(kShopPaths)};
  const std::vector<Path> cart = {Path::kCart};
  const std::vector<Path> order = {Path::kOrder};
  static const std::vector<Step> kSteps = {
      {"kill web", all, true, kill_web, nullptr},
      {"kill lb", all, true, kill_lb, nullptr},
      {"kill cache:primary", cart, true, kill_cache, nullptr},
      {"kill db:primary", order, true, kill_db, nullptr},
      {"kill orchestrator", all, false, kill_orchestrator, nullptr},
      {"stop cache:primary", cart, false, stop_cache, cont_after_takeover},
      {"cut db:primary 1s, then kill", order, true, cut_kill_db, nullptr},
      {"cut cache:primary 1s, then kill", cart, true, cut_kill_cache, nullptr},
      {"kill zone of both primaries", all, true, kill_zone, nullptr},
  };
  return kSteps;
}

}  // namespace

std::span<const Step> demo_steps() {
  return table();
}

Strike struck(const Result<std::vector<Hit>>& hits, std::string group) {
  Strike out;
  out.group = std::move(group);
  if (!hits) {
    out.at = monotonic_now();
    out.proof = hits.error().text();
    return out;
  }
  out.hits = *hits;
  out.applied = !hits->empty();
  out.at = hits->empty() ? monotonic_now() : hits->front().at;
  for (const Hit& hit : *hits) {
    out.at = std::min(out.at, hit.at);
    out.applied = out.applied && hit.verified;
    out.proof += (out.proof.empty() ? "" : ", ") + hit.id + " pid " + std::to_string(hit.pid);
  }
  return out;
}

rt::Task<bool> whole_again(Cluster& cluster, const Strike& strike, bool restarts) {
  const auto instances = co_await cluster.instances();
  if (!instances) co_return false;
  for (const Hit& hit : strike.hits) {
    const auto same = [&hit](const Instance& one) {
      return one.id == hit.id && (one.pid == hit.pid || one.pid == 0);
    };
    if (restarts && std::any_of(instances->begin(), instances->end(), same)) co_return false;
  }
  const Health health = co_await cluster.health();
  co_return health.healthy;
}

rt::Task<std::optional<Instance>> find_role(Cluster& cluster, std::string tier, std::string role) {
  auto instances = co_await cluster.instances();
  if (!instances) co_return std::nullopt;
  for (const Instance& one : *instances) {
    if (one.tier == tier && one.role == role) co_return one;
  }
  co_return std::nullopt;
}

}  // namespace multiaz::chaos
