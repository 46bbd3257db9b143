#include "orchestrator/rds/snapshots.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::orchestrator {

namespace {

using SnapshotJson = nlohmann::ordered_json;

}  // namespace

nlohmann::ordered_json snapshot_json(const SnapshotInfo& one) {
  SnapshotJson out;
  out["name"] = one.name;
  out["group"] = one.group;
  out["type"] = one.automated ? "automated" : "manual";
  out["status"] = one.status;
  out["source"] = one.source;
  out["epoch"] = one.epoch;
  out["lsn"] = one.lsn;
  out["bytes"] = one.bytes;
  out["wall_ms"] = one.wall_ms;
  return out;
}

std::string snapshot_to_json(const SnapshotInfo& one) {
  return jsonio::dump(snapshot_json(one));
}

Result<SnapshotInfo> snapshot_from_json(const std::string& text) {
  const auto parsed = jsonio::parse<SnapshotJson>(text);
  if (!parsed) {
    return Error(Code::kCorrupt, "the description of a snapshot: " + parsed.error().detail);
  }
  SnapshotInfo one;
  std::string type;
  jsonio::Fields<SnapshotJson> in(*parsed);
  in.need("name", one.name).need("group", one.group).need("type", type);
  in.need("status", one.status).need("source", one.source).need("epoch", one.epoch);
  in.need("lsn", one.lsn).need("bytes", one.bytes).need("wall_ms", one.wall_ms);
  if (!in.ok()) {
    return Error(Code::kCorrupt, "the description of a snapshot: " + in.error().detail);
  }
  one.automated = type == "automated";
  return one;
}

nlohmann::ordered_json schedules_json(const SnapshotSchedules& schedules) {
  SnapshotJson out = SnapshotJson::object();
  for (const auto& [group, one] : schedules) {
    out[group] = {{"every_ms", one.every_ms}, {"keep", one.keep}, {"from_ms", one.from_ms}};
  }
  return out;
}

std::string schedules_to_json(const SnapshotSchedules& schedules) {
  return jsonio::dump(schedules_json(schedules));
}

Result<SnapshotSchedules> schedules_from_json(const std::string& text) {
  SnapshotSchedules out;
  if (text.empty()) return out;
  const auto parsed = jsonio::parse_object<SnapshotJson>(text);
  if (!parsed) return Error(Code::kCorrupt, "snapshot schedules: " + parsed.error().detail);
  for (auto one = parsed->begin(); one != parsed->end(); ++one) {
    SnapshotSchedule& schedule = out[one.key()];
    jsonio::Fields<SnapshotJson> in(*one);
    in.need("every_ms", schedule.every_ms).need("keep", schedule.keep);
    in.need("from_ms", schedule.from_ms);
    if (!in.ok()) return Error(Code::kCorrupt, "snapshot schedules: " + in.error().detail);
  }
  return out;
}

Status check_schedule(const SnapshotSchedule& schedule) {
  if (schedule.every_ms < kSnapshotEveryMsMin) {
    return Error(Code::kInvalid, "a snapshot every second is the most, not every " +
                                     std::to_string(schedule.every_ms) + " ms");
  }
  if (schedule.keep < 1 || schedule.keep > kSnapshotsKeptMax) {
    return Error(Code::kInvalid, "\"keep\" is from 1 to " + std::to_string(kSnapshotsKeptMax) +
                                     ", not " + std::to_string(schedule.keep));
  }
  return Status();
}

SnapshotsDue snapshots_due(int64_t wall_ms, const SnapshotSchedules& schedules,
                           const std::map<std::string, SnapshotInfo>& snapshots) {
  SnapshotsDue due;
  for (const auto& [group, schedule] : schedules) {
    bool under_way = false;
    std::vector<const SnapshotInfo*> kept;
    for (const auto& [name, one] : snapshots) {
      if (one.group != group) continue;
      under_way = under_way || one.status == "creating";
      if (one.automated && one.status == "available") kept.push_back(&one);
    }
    const int64_t next = schedule.from_ms + static_cast<int64_t>(schedule.every_ms);
    if (wall_ms >= next && !under_way) due.take.push_back(group);
    std::sort(kept.begin(), kept.end(), [](const SnapshotInfo* a, const SnapshotInfo* b) {
      return std::tie(a->wall_ms, a->name) < std::tie(b->wall_ms, b->name);
    });
    const auto more = static_cast<int64_t>(kept.size()) - schedule.keep;
    for (int64_t i = 0; i < more; ++i) due.drop.push_back(kept[static_cast<size_t>(i)]->name);
  }
  return due;
}

Status check_snapshot_name(const std::string& name) {
  constexpr size_t kNameMax = 63;
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const bool right = !name.empty() && name.size() <= kNameMax && name[0] >= 'a' && name[0] <= 'z' &&
                     std::all_of(name.begin(), name.end(), good) && name.back() != '-' &&
                     name.find("--") == std::string::npos;
  if (right) return Status();
  return Error(Code::kInvalid,
               "'" + name +
                   "' is no name for a snapshot: 1 to 63 lower-case letters, digits "
                   "and single hyphens, a letter first, no hyphen last");
}

std::string automated_name(const std::string& group, int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &utc);
  return "auto-" + group + "-" + text;
}

std::string snapshot_source(const replication::View& view,
                            const std::map<std::string, Instance>& instances) {
  std::string primary;
  for (const replication::MemberRef& member : view.in_sync) {
    const auto found = instances.find(member.id.raw);
    if (found == instances.end()) continue;
    const Instance& one = found->second;
    if (one.state != InstanceState::kReady || one.stopped || one.silent || one.dying) continue;
    if (member.id != view.primary) return one.id;
    primary = one.id;
  }
  return primary;
}

replication::View restored_view(const PlannedGroup& group, Epoch after,
                                const std::map<std::string, std::string>& incarnations,
                                const std::map<std::string, uint64_t>& launches) {
  replication::View view;
  view.epoch = next(after);
  for (const GroupMember& member : group.members) {
    if (!member.candidate) {
      view.learners.push_back({NodeId(member.id), false});
      continue;
    }
    const auto incarnation = incarnations.find(member.id);
    CHECK(incarnation != incarnations.end());  // one was made for each member
    view.in_sync.push_back({NodeId(member.id), Incarnation(incarnation->second)});
  }
  view.primary = view.in_sync.front().id;
  const auto launch = launches.find(view.primary.raw);
  if (launch != launches.end()) view.launch = replication::Launch(launch->second);
  return view;
}

}  // namespace multiaz::orchestrator
