// Snapshots of db and cache: taken by order or on a schedule, kept in RUN_DIR/snapshots/NAME (the
// data and about.json; the folder gets its name last), and restored in place.
//
// The control plane decides the steps of a restore (rds/restores.h); this file replaces its data
// folders.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/rds/snapshots.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr uint64_t kSnapshotMs = 300'000;      // by then a snapshot must be complete
constexpr uint64_t kRestoreServesMs = 60'000;  // by then a restored group must serve again
constexpr uint64_t kSnapshotsLookMs = 200;     // between two looks at the schedules

// Whether that folder's data may be the start of that group (the `snapshot` of cluster.toml).
// Returns the snapshot's name; kInvalid says what is wrong. `every_byte` reads all data, which
// blocks.
Result<std::string> check_seed(const std::string& group, const std::string& folder,
                               bool every_byte);

class Snapshots {
 public:
  Snapshots(Cluster& cluster, Store& store, rt::Nursery& nursery);
  // Finds the kept snapshots, and the data that the plan names (`[db] snapshot`) for a group that
  // never had any: its restore begins as soon as it is known what runs. kInvalid: that data cannot
  // be used.
  Status load();
  void tick();

  // --- orders
  // `name` "" makes one up. Returns when the copy is on disk. kConflict, kLimit, kUnavailable.
  rt::Task<Result<SnapshotInfo>> take(std::string group, std::string name, bool automated);
  Status remove(const std::string& name);
  rt::Task<Result<std::string>> restore(std::string name);
  // Copies a snapshot into a folder that does not exist yet, to be used by another cluster or
  // later.
  rt::Task<Status> export_to(std::string name, std::string folder);
  // No schedule turns it off.
  Status set_schedule(const std::string& group, std::optional<SnapshotSchedule> schedule);

  void on_taken(const wire::SnapshotTaken& taken);

  // --- reading
  [[nodiscard]] const std::map<std::string, SnapshotInfo>& all() const { return all_; }
  [[nodiscard]] const SnapshotSchedules& schedules() const { return schedules_; }
  [[nodiscard]] std::string folder_of(const std::string& name) const;

 private:
  Status find_kept();
  Status find_seeds();
  Result<SnapshotInfo> look_up(const std::string& name) const;
  Result<std::string> order_copy(SnapshotInfo& one);  // returns the copy's name
  rt::Task<Status> await_copy(std::string copy, std::string source, uint64_t launch);
  Status keep(SnapshotInfo& one, const wire::SnapshotTaken& taken, const std::string& copied);
  rt::Task<void> take_by_schedule(std::string group);
  void place(const PlaceSnapshot& order);
  rt::Task<void> put_in_place(PlaceSnapshot order);
  using Incarnations = std::map<std::string, std::string>;  // by member
  Result<replication::View> view_after(const PlaceSnapshot& order, const std::string& folder,
                                       const Incarnations& incarnations) const;
  void on_restored(const RestoreEnded& ended);
  Status check_group(const std::string& group) const;
  void say(const std::string& group, const std::string& kind, std::string text);

  Cluster& cluster_;
  Store& store_;
  rt::Nursery& nursery_;
  std::map<std::string, SnapshotInfo> all_;
  SnapshotSchedules schedules_;
  // By the name of the copy, while it is being made.
  std::map<std::string, std::optional<wire::SnapshotTaken>> answers_;
  std::map<std::string, RestoreEnded> restored_;  // by group, for the order that waits
  std::multiset<std::string> exporting_;          // by name, once for each export
  Nanos next_look_ = 0;
};

}  // namespace multiaz::orchestrator
