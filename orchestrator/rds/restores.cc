#include "orchestrator/rds/restores.h"

#include <csignal>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/core/log.h"

namespace multiaz::orchestrator {

Status Restores::load() {
  for (const PlannedGroup& group : c_.state.plan.groups) {
    const auto name = c_.store.meta("restore " + group.name);
    if (!name) return name.error();
    if (!name->empty()) resume(group.name, *name, "");
  }
  return Status();
}

void Restores::resume(const std::string& group, const std::string& name,
                      const std::string& folder) {
  if (under_way_.contains(group)) return;
  Restore restore;
  restore.name = name;
  restore.folder = folder;
  restore.phase = Phase::kEnding;
  restore.since = c_.now.monotonic;
  under_way_[group] = std::move(restore);
  fleet_.pause_tier(group, true);
}

std::string Restores::of(const std::string& group) const {
  const auto found = under_way_.find(group);
  return found == under_way_.end() ? "" : found->second.name;
}

Status Restores::reserve(const std::string& group, const std::string& name) {
  const std::string other = of(group);
  if (!other.empty()) {
    return Error(Code::kConflict, group + " is being restored from " + other);
  }
  under_way_[group].name = name;
  return Status();
}

void Restores::cancel(const std::string& group) {
  const auto found = under_way_.find(group);
  if (found != under_way_.end() && found->second.phase == Phase::kChecking) under_way_.erase(found);
}

Status Restores::begin(const std::string& group) {
  const auto found = under_way_.find(group);
  CHECK_NOTE(found != under_way_.end() && found->second.phase == Phase::kChecking, group);
  Restore& restore = found->second;
  const Status saved = c_.store.set_meta("restore " + group, restore.name);
  if (!saved) {
    under_way_.erase(found);
    return saved;
  }
  restore.phase = Phase::kEnding;
  restore.since = c_.now.monotonic;
  fleet_.pause_tier(group, true);
  go_on(group, restore);
  return Status();
}

void Restores::tick() {
  std::vector<std::string> groups;
  for (const auto& [group, restore] : under_way_) groups.push_back(group);
  for (const std::string& group : groups) go_on(group, under_way_.at(group));
}

void Restores::go_on(const std::string& group, Restore& restore) {
  // Before the adoption it is not known which members run: one could still write into the folder
  // that is replaced.
  if (!c_.state.adopted && c_.state.mistake != Mistake::kRestoreBeforeAdopt) return;
  if (restore.phase == Phase::kChecking || restore.phase == Phase::kPlacing) return;
  const bool due = c_.now.monotonic - restore.since >= kRestoreRetryMs * kMillisecond;
  if (restore.phase == Phase::kWaiting && !due) return;
  if (!std::exchange(restore.announced, true)) {
    say(group, "restoring",
        "from " + restore.name + ": its members end and begin again with that data");
  }
  if (end_members(group, restore)) place(group, restore);
}

// Tells the members to end; true when none runs any more.
bool Restores::end_members(const std::string& group, Restore& restore) {
  const bool late = c_.now.monotonic - restore.since > kRestoreGraceMs * kMillisecond;
  bool ended = true;
  for (const GroupMember& member : c_.state.plan.group(group)->members) {
    const Instance* one = c_.state.instance(member.id);
    if (!one || !one->running()) continue;
    ended = false;
    const int signum = one->stopped || one->silent || late ? SIGKILL : SIGTERM;
    if (std::exchange(restore.told[member.id], signum) == signum) continue;
    c_.signal(member.id, signum, "its group is restored from a snapshot");
  }
  return ended;
}

void Restores::place(const std::string& group, Restore& restore) {
  restore.phase = Phase::kPlacing;
  PlaceSnapshot order;
  order.group = group;
  order.name = restore.name;
  order.folder = restore.folder;
  order.epoch = groups_.named(group)->view().epoch.raw;
  for (const GroupMember& member : c_.state.plan.group(group)->members) {
    order.members[member.id] = c_.state.instances.at(member.id).launch;
  }
  c_.emit(std::move(order));
}

// The folders are in place. The new state of the configuration manager is stored last: until then
// the restore can be done again from the start.
void Restores::placed(const SnapshotPlaced& answer) {
  const auto found = under_way_.find(answer.group);
  if (found == under_way_.end() || found->second.phase != Phase::kPlacing) return;
  Status status = answer.status;
  if (status) status = groups_.named(answer.group)->begin_again(answer.view, answer.launches);
  const bool final = status.ok() || status.error().code == Code::kNotFound ||
                     status.error().code == Code::kCorrupt ||
                     c_.state.mistake == Mistake::kRestoreGivesUp;
  if (final) return finish(answer.group, status);
  log::warn("restore of " + answer.group + ", tried again: " + status.error().text());
  found->second.phase = Phase::kWaiting;
  found->second.since = c_.now.monotonic;
}

void Restores::finish(const std::string& group, const Status& status) {
  const std::string name = under_way_.at(group).name;
  under_way_.erase(group);
  if (status) {
    say(group, "restored", "from " + name);
  } else {
    log::warn("restore of " + group + ": " + status.error().text());
    say(group, "restore-failed", name + ": " + status.error().detail);
  }
  const Status forgotten = c_.store.set_meta("restore " + group, "");
  if (!forgotten) log::warn("the end of a restore is not stored: " + forgotten.error().text());
  fleet_.pause_tier(group, false);
  c_.emit(RestoreEnded{group, name, status});
}

void Restores::say(const std::string& group, const std::string& kind, const std::string& text) {
  c_.event(group == "db" ? "rds" : "elasticache", kind, group, text);
}

}  // namespace multiaz::orchestrator
