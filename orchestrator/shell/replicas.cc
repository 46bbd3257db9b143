#include "orchestrator/shell/replicas.h"

#include <algorithm>

#include "base/rt/sync.h"
#include "orchestrator/shell/orders.h"

namespace multiaz::orchestrator {

namespace {

constexpr size_t kMembersMax = 18;  // a primary, a standby, 15 replicas, and one spare
constexpr uint64_t kPromotePollMs = 20;

Error unknown_member(const Cluster& cluster, const std::string& id) {
  std::string all;
  for (const PlannedGroup& group : cluster.plan().groups) {
    for (const GroupMember& member : group.members) all += " " + member.id;
  }
  return Error(Code::kInvalid, "'" + id + "' is no member of db or cache; the members are" + all);
}

const PlannedGroup* group_with(const Cluster& cluster, const std::string& id) {
  for (const PlannedGroup& group : cluster.plan().groups) {
    for (const GroupMember& member : group.members) {
      if (member.id == id) return &group;
    }
  }
  return nullptr;
}

// The zone with the fewest members of the group; of several, the first.
size_t emptiest_zone(const Plan& plan, const PlannedGroup& group) {
  const auto members_in = [&](const std::string& zone) {
    return std::count_if(group.members.begin(), group.members.end(),
                         [&](const GroupMember& one) { return one.zone == zone; });
  };
  size_t best = 0;
  for (size_t i = 1; i < plan.zones.size(); ++i) {
    if (members_in(plan.zones[i]) < members_in(plan.zones[best])) best = i;
  }
  return best;
}

constexpr uint64_t kRestartedMs = 60'000;  // by then a restarted member must be back and in sync

// The program's flag for a key of cluster.toml that may be changed. Fails when the key may not, or
// when the value is not allowed.
Result<std::string> flag_of(const std::string& group, const std::string& key, int64_t value) {
  const bool size = group == "db" && key == "size_mb",
             memory = group == "cache" && key == "memory_mb";
  if (!size && !memory) {
    return Error(Code::kInvalid,
                 "what may be modified is size_mb of db and memory_mb of cache, not '" + key +
                     "' of '" + group + "'");
  }
  for (const ConfigKey& one : config_keys()) {
    if (one.section != group || one.key != key) continue;
    Config scratch;
    const Status good = set_integer(one, value, scratch);
    if (!good) return good.error();
  }
  return std::string(size ? "--size-limit" : "--maxmemory-mb");
}

std::vector<std::string> members_of(const Cluster& cluster, const std::string& group) {
  std::vector<std::string> out;
  for (const GroupMember& member : cluster.plan().group(group)->members) out.push_back(member.id);
  return out;
}

size_t candidates_beside(const Cluster& cluster, const std::string& group, const std::string& id) {
  size_t out = 0;
  for (const GroupMember& member : cluster.plan().group(group)->members) {
    if (member.candidate && member.id != id) ++out;
  }
  return out;
}

// Whether the member is ready again, and in the group's view again as far as it was meant to be.
bool is_back(const Cluster& cluster, const std::string& group, const std::string& id,
             uint64_t launch) {
  const auto found = cluster.instances().find(id);
  if (found == cluster.instances().end()) return true;  // it was removed meanwhile
  const Instance& one = found->second;
  if (one.launch == launch || one.state != InstanceState::kReady || !cluster.report(id))
    return false;
  for (const GroupMember& member : cluster.plan().group(group)->members) {
    if (member.id != id || !member.candidate) continue;
    return cluster.views().at(group).in_sync_member(NodeId(id)) != nullptr;
  }
  return true;
}

rt::Task<Status> restart_and_wait(Cluster& cluster, std::string group, std::string id) {
  const auto found = cluster.instances().find(id);
  if (found == cluster.instances().end()) co_return Status();
  const uint64_t launch = found->second.launch;
  const auto hits = co_await order_restart(cluster, id);
  if (!hits) co_return hits.error();
  const Nanos limit = monotonic_now() + kRestartedMs * kMillisecond;
  while (!is_back(cluster, group, id, launch)) {
    if (monotonic_now() >= limit) {
      co_return Error(Code::kTimeout, id + " is not back and in sync after " +
                                          std::to_string(kRestartedMs / 1000) + " s");
    }
    co_await rt::sleep_ms(kPromotePollMs);
  }
  co_return Status();
}

}  // namespace

std::string aws_status(const Cluster& cluster, const Instance& one) {
  const bool database = one.tier == "db";
  if (one.scaled.leaving.on) return "deleting";
  if (!one.running()) return one.state == InstanceState::kHeld ? "stopped" : "failed";
  if (one.state == InstanceState::kStarting) return one.launch <= 1 ? "creating" : "rebooting";
  if (one.stopped || one.silent) return "failed";
  if (one.health.find("full") != std::string::npos) return "storage-full";
  const Views& views = cluster.views();
  const auto view = views.find(one.tier);
  if (view != views.end() && view->second.primary.raw == one.id &&
      !(one.member.serving && one.member.epoch == view->second.epoch.raw)) {
    return database ? "failing-over" : "modifying";
  }
  return "available";
}

Result<std::string> add_replica(Cluster& cluster, const std::string& name,
                                const std::string& zone) {
  const Plan& plan = cluster.plan();
  const PlannedGroup* group = plan.group(name);
  if (!group)
    return Error(Code::kInvalid, "unknown group '" + name + "'; the groups are cache and db");
  if (group->members.size() >= kMembersMax) {
    return Error(Code::kLimit, name + " has " + std::to_string(kMembersMax) + " members, the most");
  }
  size_t where = emptiest_zone(plan, *group);
  if (!zone.empty()) {
    const auto found = std::find(plan.zones.begin(), plan.zones.end(), zone);
    if (found == plan.zones.end()) {
      std::string all;
      for (const std::string& one : plan.zones) all += " " + one;
      return Error(Code::kInvalid, "unknown zone '" + zone + "'; the zones are" + all);
    }
    where = static_cast<size_t>(found - plan.zones.begin());
  }
  auto one = next_member(plan, *group, where, cluster.state().strangers);
  if (!one) return one.error();
  const std::string id = one->id;
  const Status added = cluster.order(
      [&](ControlPlane& plane) { return plane.members.add(std::move(*one), name == "cache"); });
  if (!added) return added.error();
  cluster.event(name == "db" ? "rds" : "elasticache", "replica-add", id,
                name == "db" ? "DB instance created" : "Added cache node " + id);
  return id;
}

Status remove_replica(Cluster& cluster, const std::string& id) {
  const PlannedGroup* group = group_with(cluster, id);
  if (!group) return unknown_member(cluster, id);
  const std::string name = group->name;
  const Status removed =
      cluster.order([&](ControlPlane& plane) { return plane.members.remove(id); });
  if (!removed) return removed;
  cluster.event(name == "db" ? "rds" : "elasticache", "replica-remove", id,
                name == "db" ? "DB instance deleted" : "Removed cache node " + id);
  return Status();
}

rt::Task<Result<std::string>> promote_replica(Cluster& cluster, std::string id) {
  const PlannedGroup* group = group_with(cluster, id);
  if (!group) co_return unknown_member(cluster, id);
  const std::string name = group->name;
  if (cluster.views().at(name).primary.raw == id) {
    co_return Error(Code::kConflict, id + " is the primary already");
  }
  const Status candidate =
      cluster.order([&](ControlPlane& plane) { return plane.members.make_candidate(id); });
  if (!candidate) co_return candidate.error();
  cluster.event(name == "db" ? "rds" : "elasticache", "promote-replica", id,
                "becomes a candidate, and primary as soon as it is in sync");
  const Nanos limit = monotonic_now() + kPromoteMs * kMillisecond;
  while (cluster.views().at(name).in_sync_member(NodeId(id)) == nullptr) {
    if (!group_with(cluster, id)) co_return Error(Code::kConflict, id + " was removed meanwhile");
    if (monotonic_now() >= limit) {
      co_return Error(Code::kTimeout,
                      id + " is not in sync after " + std::to_string(kPromoteMs / 1000) + " s");
    }
    co_await rt::sleep_ms(kPromotePollMs);
  }
  auto done = co_await cluster.fail_over(name, id, false);
  co_return done;
}

rt::Task<Result<std::string>> modify_group(Cluster& cluster, std::string group, std::string key,
                                           int64_t value) {
  const auto flag = flag_of(group, key, value);
  if (!flag) co_return flag.error();
  if (!cluster.plan().group(group)) {
    co_return Error(Code::kInvalid, "this cluster has no " + group);
  }
  const Status planned = cluster.order([&](ControlPlane& plane) {
    return plane.members.set_flag(group, *flag, std::to_string(value));
  });
  if (!planned) co_return planned.error();
  cluster.event(group == "db" ? "rds" : "elasticache", "modify", group,
                key + " becomes " + std::to_string(value) + ", one member after another");
  const std::string first = cluster.views().at(group).primary.raw;
  for (const std::string& id : members_of(cluster, group)) {
    if (id == first) continue;
    const Status done = co_await restart_and_wait(cluster, group, id);
    if (!done) co_return done.error();
  }
  if (candidates_beside(cluster, group, first) > 0) {
    const auto moved = co_await cluster.fail_over(group, "", false);
    if (!moved) co_return moved.error();
  }
  const Status done = co_await restart_and_wait(cluster, group, first);
  if (!done) co_return done.error();
  co_return key + " of " + group + " is " + std::to_string(value);
}

}  // namespace multiaz::orchestrator
