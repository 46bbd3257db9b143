// Snapshots of databases and caches: which are due, which have had their time, who is copied from,
// and what the group of a restored snapshot begins with. Pure.
//
// As in RDS and ElastiCache: automated ones are taken on a schedule and the oldest go; those that
// a person took stay until a person deletes them; the copy is made from a standby or replica, so
// that the primary is not disturbed.
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
constexpr int64_t kSnapshotsKeptMax = 35;  // automated ones, of each group
constexpr size_t kSnapshotsMax = 200;

struct SnapshotInfo {
  std::string name, group;
  bool automated = false;
  std::string status;           // in AWS's words: "creating" "available"
  std::string source;           // the member it was copied from
  uint64_t epoch = 0, lsn = 0;  // the last record that is in it
  uint64_t bytes = 0;
  int64_t wall_ms = 0;  // when it was ordered
  bool operator==(const SnapshotInfo&) const = default;
};
nlohmann::ordered_json snapshot_json(const SnapshotInfo& one);
std::string snapshot_to_json(const SnapshotInfo& one);
Result<SnapshotInfo> snapshot_from_json(const std::string& text);

struct SnapshotSchedule {
  uint64_t every_ms = 0;
  int64_t keep = 7;     // AWS counts days (1 to 35), this counts snapshots
  int64_t from_ms = 0;  // wall clock: of the last attempt, or when the schedule was made
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

// Lower-case letters, digits and hyphens, a letter first, at most 63: RDS's rule. kInvalid.
Status check_snapshot_name(const std::string& name);
// "auto-db-20261121-124705": of the time in UTC.
std::string automated_name(const std::string& group, int64_t wall_ms);

// The member to copy from: an in-sync one that runs well, the primary only when there is no
// other; "" when nobody can.
std::string snapshot_source(const replication::View& view,
                            const std::map<std::string, Instance>& instances);

// The view that a restored group is found in, as if all its members had ended in it at once: the
// configuration manager then goes on with the next epoch. `launches`: of the processes that ended.
replication::View restored_view(const PlannedGroup& group, Epoch after,
                                const std::map<std::string, std::string>& incarnations,
                                const std::map<std::string, uint64_t>& launches);

}  // namespace multiaz::orchestrator
