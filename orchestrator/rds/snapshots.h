// Snapshots of databases and caches: when one is due, which ones are dropped, which member is
// copied, and what the group of a restored snapshot begins with. Pure.
//
// As in RDS and ElastiCache, automated snapshots are taken on a schedule and the oldest are
// dropped; those that a user took stay until a user deletes them. The copy is made from a standby
// or replica, so that the primary is not disturbed.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "orchestrator/ec2/instance.h"
#include "orchestrator/ec2/roles.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

constexpr uint64_t kSnapshotEveryMsMin = 1000;
constexpr int64_t kSnapshotsKeptMax = 35;  // automated ones of each group
constexpr size_t kSnapshotsMax = 200;

struct SnapshotInfo {
  std::string name, group;
  bool automated = false;
  std::string status;           // AWS's names: "creating" "available"
  std::string source;           // the member that was copied
  uint64_t epoch = 0, lsn = 0;  // of the last record in it
  uint64_t bytes = 0;
  int64_t wall_ms = 0;  // time of the order
  bool operator==(const SnapshotInfo&) const = default;
};
nlohmann::ordered_json snapshot_json(const SnapshotInfo& one);
std::string snapshot_to_json(const SnapshotInfo& one);
Result<SnapshotInfo> snapshot_from_json(const std::string& text);

struct SnapshotSchedule {
  uint64_t every_ms = 0;
  int64_t keep = 7;     // AWS counts days (1 to 35), this is a number of snapshots
  int64_t from_ms = 0;  // wall clock: the last attempt, or when the schedule was made
  bool operator==(const SnapshotSchedule&) const = default;
};
using SnapshotSchedules = std::map<std::string, SnapshotSchedule>;  // by group
nlohmann::ordered_json schedules_json(const SnapshotSchedules& schedules);
std::string schedules_to_json(const SnapshotSchedules& schedules);
Result<SnapshotSchedules> schedules_from_json(const std::string& text);
Status check_schedule(const SnapshotSchedule& schedule);  // kInvalid names what is allowed

struct SnapshotsDue {
  std::vector<std::string> take;  // groups
  std::vector<std::string> drop;  // names
};
SnapshotsDue snapshots_due(int64_t wall_ms, const SnapshotSchedules& schedules,
                           const std::map<std::string, SnapshotInfo>& snapshots);

// Lower-case letters, digits and hyphens, a letter first, at most 63 (RDS's rule). kInvalid.
Status check_snapshot_name(const std::string& name);
// "auto-db-20261121-124705": the time is in UTC.
std::string automated_name(const std::string& group, int64_t wall_ms);

// The member to copy from: an in-sync one that runs well, and the primary only when there is no
// other; "" when there is none at all.
std::string snapshot_source(const replication::View& view,
                            const std::map<std::string, Instance>& instances);

// The view in which a restored group is found, as if all its members had ended in it at once; the
// configuration manager then goes on with the next epoch. `launches` are those of the processes
// that ended.
replication::View restored_view(const PlannedGroup& group, Epoch after,
                                const std::map<std::string, std::string>& incarnations,
                                const std::map<std::string, uint64_t>& launches);

}  // namespace multiaz::orchestrator
