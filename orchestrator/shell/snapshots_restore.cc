// A group begins again with the data of a snapshot.
#include <algorithm>
#include <csignal>
#include <map>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/sync.h"
#include "orchestrator/shell/snapshots.h"
#include "replication/log/seed.h"

namespace multiaz::orchestrator {

namespace {

bool serves(const Cluster& cluster, const std::string& group) {
  const replication::View view = cluster.views().at(group);
  const auto found = cluster.instances().find(view.primary.raw);
  return found != cluster.instances().end() && found->second.member.serving &&
         found->second.member.epoch == view.epoch.raw;
}

}  // namespace

rt::Task<Result<std::string>> Snapshots::restore(std::string name) {
  const auto one = look_up(name);
  if (!one) co_return one.error();
  if (one->status != "available") co_return Error(Code::kConflict, name + " is being made");
  const std::string group = one->group, folder = folder_of(name);
  const Status ready = check_group(group);
  if (!ready) co_return ready.error();
  restoring_[group] = name;
  Result<replication::Mark> whole = Error(Code::kCorrupt, "");
  const auto job = [&] {
    whole = replication::inspect_snapshot(replication::file_storage(), folder, true);
  };
  co_await rt::offload(job);
  Status begun = whole ? store_.set_meta("restore " + group, name) : Status(whole.error());
  if (!begun) {
    restoring_.erase(group);
    co_return begun.error();
  }
  cluster_.pause_tier(group, true);
  const Status placed = co_await go_on_restoring(group, folder, name);
  if (!placed) co_return placed.error();
  const Nanos limit = monotonic_now() + kRestoreServesMs * kMillisecond;
  while (!serves(cluster_, group)) {
    if (monotonic_now() >= limit) {
      co_return Error(Code::kTimeout, group + " has the data of " + name + " and does not serve");
    }
    co_await cluster_.changes().wait(kSnapshotsLookMs);
  }
  co_return group + " is restored from " + name + ", the snapshot of all up to record " +
      std::to_string(one->lsn) + " of epoch " + std::to_string(one->epoch);
}

// REQUIRES: the tier is paused.
rt::Task<Status> Snapshots::go_on_restoring(std::string group, std::string folder,
                                            std::string name) {
  restoring_[group] = name;
  say(group, "restoring", "from " + name + ": its members end and begin again with that data");
  co_await end_members(group);
  Status placed = co_await put_in_place(group, folder);
  // A full disk may have stopped it half way: some members have the new data. There is no way back
  // then, only forward.
  while (!placed.ok() && placed.error().code != Code::kNotFound &&
         placed.error().code != Code::kCorrupt) {
    log::warn("restore of " + group + ", tried again: " + placed.error().text());
    (void)co_await rt::sleep_ms(kRestoreRetryMs, nursery_.stopping());
    if (nursery_.stopping().requested()) co_return placed;  // the next orchestrator goes on
    placed = co_await put_in_place(group, folder);
  }
  restoring_.erase(group);
  if (placed) {
    say(group, "restored", "from " + name);
  } else {
    log::warn("restore of " + group + ": " + placed.error().text());
    say(group, "restore-failed", name + ": " + placed.error().detail);
  }
  const Status forgotten = store_.set_meta("restore " + group, "");
  if (!forgotten) log::warn("a restore is not forgotten: " + forgotten.error().text());
  cluster_.pause_tier(group, false);
  co_return placed;
}

rt::Task<void> Snapshots::restore_in_background(std::string group, std::string folder,
                                                std::string name) {
  (void)co_await go_on_restoring(group, folder, name);
}

rt::Task<void> Snapshots::end_members(std::string group) {
  const Nanos patience = monotonic_now() + kRestoreGraceMs * kMillisecond;
  std::map<std::string, int> told;  // the last signal
  while (true) {
    bool anybody = false;
    for (const GroupMember& member : cluster_.plan().group(group)->members) {
      const auto found = cluster_.instances().find(member.id);
      if (found == cluster_.instances().end() || !found->second.running()) continue;
      anybody = true;
      const bool now = found->second.stopped || found->second.silent || monotonic_now() > patience;
      const int signum = now ? SIGKILL : SIGTERM;
      if (told[member.id] == signum) continue;
      told[member.id] = signum;
      cluster_.send_signal(member.id, signum, "its group is restored from a snapshot");
    }
    if (!anybody) co_return;
    co_await cluster_.changes().wait(kSnapshotsLookMs);
  }
}

// The folders first, then the configuration manager: until its new state is stored, everything can
// be done again from the start.
rt::Task<Status> Snapshots::put_in_place(std::string group, std::string folder) {
  const auto mark = replication::inspect_snapshot(replication::file_storage(), folder, false);
  if (!mark) co_return mark.error();
  const PlannedGroup planned = *cluster_.plan().group(group);
  std::map<std::string, std::string> incarnations;
  std::map<std::string, uint64_t> launches;
  for (const GroupMember& member : planned.members) {
    incarnations[member.id] = secret_hex(16);
    launches[member.id] = cluster_.instances().at(member.id).launch;
  }
  const Epoch last = replication::epoch_at(mark->history, mark->lsn);
  const Epoch after = std::max(last, cluster_.views().at(group).epoch);
  const replication::View view = restored_view(planned, after, incarnations, launches);
  const std::string data = cluster_.folders().run + "/data/";
  Status seeded;
  const auto job = [&] {
    for (const auto& [id, incarnation] : incarnations) {
      replication::Meta meta;
      meta.incarnation = Incarnation(incarnation);
      meta.view = view;
      seeded = replication::seed_folder(replication::file_storage(), folder, data + id, meta);
      if (!seeded) return;
    }
  };
  co_await rt::offload(job);
  if (!seeded) co_return seeded;
  co_return cluster_.group(group)->begin_again(cluster_.awake_now(), view, launches);
}

}  // namespace multiaz::orchestrator
