// Restores of snapshots: the order, and the new data folders.
#include <algorithm>
#include <map>

#include "base/core/random.h"
#include "base/rt/sync.h"
#include "orchestrator/shell/snapshots.h"
#include "replication/log/seed.h"

namespace multiaz::orchestrator {

namespace {

bool serves(const Cluster& cluster, const std::string& group) {
  const replication::View& view = cluster.views().at(group);
  const Instance* primary = cluster.state().instance(view.primary.raw);
  return primary && primary->member.serving && primary->member.epoch == view.epoch.raw;
}

}  // namespace

rt::Task<Result<std::string>> Snapshots::restore(std::string name) {
  const auto one = look_up(name);
  if (!one) co_return one.error();
  if (one->status != "available") co_return Error(Code::kConflict, name + " is being made");
  const std::string group = one->group, folder = folder_of(name);
  const Status ready = check_group(group);
  if (!ready) co_return ready.error();
  const Status reserved =
      cluster_.order([&](ControlPlane& plane) { return plane.restores.reserve(group, name); });
  if (!reserved) co_return reserved.error();
  Result<replication::Mark> whole = Error(Code::kCorrupt, "");
  const auto job = [&] {
    whole = replication::inspect_snapshot(replication::file_storage(), folder, true);
  };
  co_await rt::offload(job);
  if (!whole) {
    cluster_.order([&](ControlPlane& plane) { plane.restores.cancel(group); });
    co_return whole.error();
  }
  restored_.erase(group);
  const Status begun =
      cluster_.order([&](ControlPlane& plane) { return plane.restores.begin(group); });
  if (!begun) co_return begun.error();
  while (!restored_.contains(group)) co_await cluster_.changes().wait(kSnapshotsLookMs);
  const Status placed = restored_.at(group).status;
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

void Snapshots::on_restored(const RestoreEnded& ended) {
  restored_[ended.group] = ended;
  cluster_.changes().notify_all();
}

void Snapshots::place(const PlaceSnapshot& order) {
  nursery_.spawn("restore", put_in_place(order));
}

// The view that the group begins again with. Its epoch is greater than the snapshot's own and than
// the last one of the group.
Result<replication::View> Snapshots::view_after(const PlaceSnapshot& order,
                                                const std::string& folder,
                                                const Incarnations& incarnations) const {
  const auto mark = replication::inspect_snapshot(replication::file_storage(), folder, false);
  if (!mark) return mark.error();
  const Epoch last = replication::epoch_at(mark->history, mark->lsn);
  return restored_view(*cluster_.plan().group(order.group), std::max(last, Epoch(order.epoch)),
                       incarnations, order.members);
}

rt::Task<void> Snapshots::put_in_place(PlaceSnapshot order) {
  const std::string folder = order.folder.empty() ? folder_of(order.name) : order.folder;
  const std::string data = cluster_.folders().run + "/data/";
  SnapshotPlaced answer;
  answer.group = order.group;
  answer.launches = order.members;
  Incarnations incarnations;
  for (const auto& [id, launch] : order.members) incarnations[id] = secret_hex(16);
  const auto view = view_after(order, folder, incarnations);
  if (view) answer.view = *view;
  if (!view) answer.status = view.error();
  const auto job = [&] {
    for (const auto& [id, incarnation] : incarnations) {
      replication::Meta meta;
      meta.incarnation = Incarnation(incarnation);
      meta.view = answer.view;
      answer.status =
          replication::seed_folder(replication::file_storage(), folder, data + id, meta);
      if (!answer.status) return;
    }
  };
  if (view) co_await rt::offload(job);
  cluster_.placed(answer);
}

}  // namespace multiaz::orchestrator
