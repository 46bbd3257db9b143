// A group begins again with the data of a snapshot, step by step:
//
//   checking   reserved: its bytes are looked at, nothing has happened yet
//   ending     on disk: the dead of the group are not started, the living are told to end
//   placing    no member runs: the shell replaces their data folders (PlaceSnapshot)
//   waiting    a full disk may have stopped it half way; there is only the way forward
//
// An orchestrator that dies on the way goes on from `ending`. What was written after the snapshot
// is gone: that is the point.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "orchestrator/asg/fleet.h"
#include "orchestrator/rds/groups.h"

namespace multiaz::orchestrator {

constexpr uint64_t kRestoreGraceMs = 2000;  // between SIGTERM and SIGKILL
constexpr uint64_t kRestoreRetryMs = 1000;

class Restores {
 public:
  Restores(Context& context, Groups& groups, Fleet& fleet)
      : c_(context), groups_(groups), fleet_(fleet) {}
  // Those that an orchestrator before us was ordered to make; they go on after the adoption.
  Status load();
  // The same for data that the plan names (`[db] snapshot`), in that folder.
  void resume(const std::string& group, const std::string& name, const std::string& folder);

  // kConflict: one is under way. Until begin() or cancel() nothing has happened.
  Status reserve(const std::string& group, const std::string& name);
  void cancel(const std::string& group);
  // On disk first. REQUIRES: reserved.
  Status begin(const std::string& group);

  void tick();
  void placed(const SnapshotPlaced& answer);

  // The snapshot that a group is being restored from; "" = it is not.
  [[nodiscard]] std::string of(const std::string& group) const;

 private:
  enum class Phase { kChecking, kEnding, kPlacing, kWaiting };
  struct Restore {
    std::string name, folder;  // folder "": that of the snapshot of that name
    Phase phase = Phase::kChecking;
    bool announced = false;
    Nanos since = 0;                  // CLOCK_MONOTONIC, of the phase
    std::map<std::string, int> told;  // the last signal of each member
  };
  void go_on(const std::string& group, Restore& restore);
  [[nodiscard]] bool end_members(const std::string& group, Restore& restore);
  void place(const std::string& group, Restore& restore);
  void finish(const std::string& group, const Status& status);
  void say(const std::string& group, const std::string& kind, const std::string& text);

  Context& c_;
  Groups& groups_;
  Fleet& fleet_;
  std::map<std::string, Restore> under_way_;  // by group
};

}  // namespace multiaz::orchestrator
