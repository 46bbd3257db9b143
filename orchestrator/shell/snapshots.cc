#include "orchestrator/shell/snapshots.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/core/log.h"
#include "base/core/paths.h"
#include "base/core/random.h"
#include "replication/log/seed.h"

namespace multiaz::orchestrator {

namespace {

namespace fs = std::filesystem;

constexpr const char* kAbout = "/about.json";
constexpr size_t kCopyNameBytes = 4;

// The error of a copy whose member ended before the copy was complete.
Error never_came(const std::string& source) {
  return Error(Code::kUnavailable, source + " ended before the snapshot was complete");
}

std::string words_of_size(uint64_t bytes) {
  return bytes < 10'000 ? std::to_string(bytes) + " bytes"
                        : std::to_string((bytes + 500) / 1000) + " kB";
}

}  // namespace

Result<std::string> check_seed(const std::string& group, const std::string& folder,
                               bool every_byte) {
  std::ifstream file(folder + kAbout);
  std::ostringstream text;
  text << file.rdbuf();
  const auto about = snapshot_from_json(text.str());
  const std::string key = "[" + group + "] snapshot: ";
  if (!about) return Error(Code::kInvalid, key + folder + " is no folder of a snapshot");
  if (about->group != group) {
    return Error(Code::kInvalid, key + folder + " is a snapshot of " + about->group);
  }
  const auto whole = replication::inspect_snapshot(replication::file_storage(), folder, every_byte);
  if (!whole) return Error(Code::kInvalid, key + whole.error().detail);
  return about->name;
}

Snapshots::Snapshots(Cluster& cluster, Store& store, rt::Nursery& nursery)
    : cluster_(cluster), store_(store), nursery_(nursery) {}

std::string Snapshots::folder_of(const std::string& name) const {
  return cluster_.folders().run + "/snapshots/" + name;
}

Status Snapshots::load() {
  const auto text = store_.meta("snapshot_schedules");
  if (!text) return text.error();
  auto schedules = schedules_from_json(*text);
  if (!schedules) return schedules.error();
  schedules_ = std::move(*schedules);
  ClusterHandlers handlers;
  handlers.on_snapshot = [this](const wire::SnapshotTaken& taken) { on_taken(taken); };
  handlers.place = [this](const PlaceSnapshot& order) { place(order); };
  handlers.on_restored = [this](const RestoreEnded& ended) { on_restored(ended); };
  cluster_.handle(std::move(handlers));
  const Status found = find_kept();
  return found ? find_seeds() : found;
}

// A folder is a finished snapshot only with a description and under its own name; others are
// removed.
Status Snapshots::find_kept() {
  const std::string root = cluster_.folders().run + "/snapshots";
  std::error_code failed;
  fs::create_directories(root, failed);
  if (failed) return Error(Code::kIo, root + ": " + failed.message());
  auto entry_at = fs::directory_iterator(root, failed);
  if (failed) return Error(Code::kIo, root + ": " + failed.message());
  for (; entry_at != fs::directory_iterator(); entry_at.increment(failed)) {
    const fs::directory_entry entry = *entry_at;
    std::ifstream file(entry.path().string() + kAbout);
    std::ostringstream text;
    text << file.rdbuf();
    auto one = snapshot_from_json(text.str());
    if (one && one->name == entry.path().filename()) {
      all_[one->name] = std::move(*one);
      continue;
    }
    log::warn("a snapshot that was not finished is removed: " + entry.path().string());
    std::error_code stays;
    fs::remove_all(entry.path(), stays);
  }
  return failed ? Status(Error(Code::kIo, root + ": " + failed.message())) : Status();
}

// Begins to restore the data that the plan names, for each group that was never started.
Status Snapshots::find_seeds() {
  for (const PlannedGroup& group : cluster_.plan().groups) {
    if (group.snapshot.empty()) continue;
    const auto state = store_.group_state(group.name);
    if (!state) return state.error();
    if (!state->empty()) continue;
    const auto name = check_seed(group.name, group.snapshot, true);
    if (!name) return name.error();
    cluster_.order(
        [&](ControlPlane& plane) { plane.restores.resume(group.name, *name, group.snapshot); });
  }
  return Status();
}

void Snapshots::tick() {
  const Nanos now = monotonic_now();
  if (now < next_look_) return;
  next_look_ = now + kSnapshotsLookMs * kMillisecond;
  const SnapshotsDue due = snapshots_due(wall_now_ms(), schedules_, all_);
  for (const std::string& group : due.take) nursery_.spawn("snapshot", take_by_schedule(group));
  for (const std::string& name : due.drop) {
    const Status gone = remove(name);
    if (!gone) log::warn("an old snapshot stays: " + gone.error().text());
  }
}

rt::Task<void> Snapshots::take_by_schedule(std::string group) {
  schedules_[group].from_ms = wall_now_ms();
  const Status saved = store_.set_meta("snapshot_schedules", schedules_to_json(schedules_));
  if (!saved) log::warn("the snapshot schedule is not saved: " + saved.error().text());
  const auto taken = co_await take(group, "", true);
  if (!taken) log::warn("a snapshot on schedule: " + taken.error().text());
}

Status Snapshots::check_group(const std::string& group) const {
  if (!cluster_.plan().group(group)) {
    return Error(Code::kInvalid, "unknown group '" + group + "'; the groups are cache and db");
  }
  const std::string name = cluster_.plane().restores.of(group);
  if (name.empty()) return Status();
  return Error(Code::kConflict, group + " is being restored from " + name);
}

Result<SnapshotInfo> Snapshots::look_up(const std::string& name) const {
  const auto found = all_.find(name);
  if (found != all_.end()) return found->second;
  std::string known;
  for (const auto& [each, info] : all_) known += " " + each;
  return Error(Code::kNotFound, "there is no snapshot '" + name +
                                    "'; there are:" + (known.empty() ? " none" : known));
}

rt::Task<Result<SnapshotInfo>> Snapshots::take(std::string group, std::string name,
                                               bool automated) {
  const Status ready = check_group(group);
  if (!ready) co_return ready.error();
  SnapshotInfo one;
  one.wall_ms = wall_now_ms();
  one.name = name.empty() ? automated_name(group, one.wall_ms) : name;
  if (!automated && name.empty()) one.name = group + one.name.substr(one.name.find('-', 5));
  one.group = group;
  one.automated = automated;
  one.status = "creating";
  const Status named = check_snapshot_name(one.name);
  if (!named) co_return named.error();
  if (all_.contains(one.name)) {
    co_return Error(Code::kConflict, "there is a snapshot '" + one.name + "' already");
  }
  if (all_.size() >= kSnapshotsMax) {
    co_return Error(Code::kLimit,
                    "at most " + std::to_string(kSnapshotsMax) + " snapshots are kept");
  }
  const auto copy = order_copy(one);
  if (!copy) co_return copy.error();
  name = one.name;
  const std::string source = one.source;
  all_[name] = std::move(one);
  say(group, automated ? "backup" : "snapshot", name + " is copied from " + source);
  const uint64_t launch = cluster_.instances().at(source).launch;
  Status done = co_await await_copy(*copy, source, launch);
  if (done) done = keep(all_[name], *answers_[*copy], folder_of(*copy));
  answers_.erase(*copy);
  if (done) {
    const SnapshotInfo& made = all_[name];
    say(group, automated ? "backup-done" : "snapshot-done",
        name + " is available: record " + std::to_string(made.lsn) + ", " +
            words_of_size(made.bytes));
    co_return made;
  }
  all_.erase(name);
  std::error_code gone;
  fs::remove_all(folder_of(*copy), gone);
  say(group, "snapshot-failed", name + ": " + done.error().detail);
  co_return done.error();
}

// Each copy has a folder of its own until it is complete ('.' is in no snapshot's name), because a
// member may still write one that an earlier orchestrator had ordered by the same name.
Result<std::string> Snapshots::order_copy(SnapshotInfo& one) {
  one.source = snapshot_source(cluster_.views().at(one.group), cluster_.instances());
  wire::TakeSnapshot order;
  order.group = one.group;
  order.name = one.name + "." + secret_hex(kCopyNameBytes);
  order.folder = folder_of(order.name);
  if (one.source.empty() || !cluster_.send(one.source, order)) {
    return Error(Code::kUnavailable,
                 "no in-sync member of " + one.group + " is there to copy from");
  }
  answers_[order.name] = std::nullopt;
  return order.name;
}

void Snapshots::on_taken(const wire::SnapshotTaken& taken) {
  const auto found = answers_.find(taken.name);
  if (found == answers_.end()) return;
  found->second = taken;
  cluster_.changes().notify_all();
}

// Finishes a complete copy: it gets its description, and then its name.
Status Snapshots::keep(SnapshotInfo& one, const wire::SnapshotTaken& taken,
                       const std::string& copied) {
  SnapshotInfo made = one;
  made.status = "available";
  made.epoch = taken.epoch;
  made.lsn = taken.lsn;
  made.bytes = taken.bytes;
  std::ofstream about(copied + kAbout);
  about << snapshot_to_json(made) << '\n';
  about.close();
  if (!about) return Error(Code::kIo, copied + kAbout + " cannot be written");
  std::error_code failed;
  fs::rename(copied, folder_of(one.name), failed);
  if (failed) return Error(Code::kIo, folder_of(one.name) + ": " + failed.message());
  one = std::move(made);
  return Status();
}

rt::Task<Status> Snapshots::await_copy(std::string copy, std::string source, uint64_t launch) {
  const Nanos limit = monotonic_now() + kSnapshotMs * kMillisecond;
  while (!answers_[copy]) {
    const auto found = cluster_.instances().find(source);
    const bool lives = found != cluster_.instances().end() && found->second.running() &&
                       found->second.launch == launch;
    if (!lives) co_return never_came(source);
    if (monotonic_now() >= limit) {
      co_return Error(Code::kTimeout, source + " did not finish it in " +
                                          std::to_string(kSnapshotMs / 1000) + " s");
    }
    co_await cluster_.changes().wait(kSnapshotsLookMs);
  }
  const std::string& error = answers_[copy]->error;
  if (error.empty()) co_return Status();
  co_return Error(Code::kUnavailable, source + ": " + error);
}

Status Snapshots::remove(const std::string& name) {
  const auto one = look_up(name);
  if (!one) return one.error();
  if (one->status == "creating") {
    return Error(Code::kConflict, name + " is being made");
  }
  if (exporting_.contains(name)) return Error(Code::kConflict, name + " is being exported");
  if (cluster_.plane().restores.of(one->group) == name) {
    return Error(Code::kConflict, one->group + " is being restored from " + name);
  }
  // The description is removed first, so that a folder that remains is no snapshot any more.
  std::error_code failed;
  fs::remove(folder_of(name) + kAbout, failed);
  fs::remove_all(folder_of(name), failed);
  if (failed) return Error(Code::kIo, folder_of(name) + ": " + failed.message());
  all_.erase(name);
  say(one->group, "snapshot-deleted", name);
  return Status();
}

rt::Task<Status> Snapshots::export_to(std::string name, std::string folder) {
  const auto one = look_up(name);
  if (!one) co_return one.error();
  if (one->status != "available") co_return Error(Code::kConflict, name + " is being made");
  if (folder.empty() || folder[0] != '/') {
    co_return Error(Code::kInvalid, "the folder must begin with '/', not '" + folder + "'");
  }
  if (path_exists(folder)) co_return Error(Code::kConflict, folder + " exists already");
  // An incomplete copy has another name, so it is in the way of no later export.
  const std::string from = folder_of(name), part = folder + ".part-" + secret_hex(kCopyNameBytes);
  exporting_.insert(name);  // retention does not drop it meanwhile
  std::error_code failed;
  const auto job = [&] {
    fs::copy(from, part, fs::copy_options::recursive, failed);
    if (!failed) fs::rename(part, folder, failed);
    std::error_code gone;
    if (failed) fs::remove_all(part, gone);
  };
  co_await rt::offload(job);
  exporting_.erase(exporting_.find(name));
  if (failed) co_return Error(Code::kIo, folder + ": " + failed.message());
  co_return Status();
}

Status Snapshots::set_schedule(const std::string& group, std::optional<SnapshotSchedule> schedule) {
  if (!cluster_.plan().group(group)) return check_group(group);
  SnapshotSchedules changed = schedules_;
  changed.erase(group);
  if (schedule) {
    const Status good = check_schedule(*schedule);
    if (!good) return good;
    schedule->from_ms = wall_now_ms();
    changed[group] = *schedule;
  }
  const Status saved = store_.set_meta("snapshot_schedules", schedules_to_json(changed));
  if (saved) schedules_ = std::move(changed);
  return saved;
}

void Snapshots::say(const std::string& group, const std::string& kind, std::string text) {
  cluster_.event(group == "db" ? "rds" : "elasticache", kind, group, std::move(text));
}

}  // namespace multiaz::orchestrator
