// A restore: a group begins again with the data of a snapshot, in these phases:
//
//   checking   reserved: the snapshot's bytes are checked, and nothing is changed yet
//   ending     stored: members that have ended are not started, the others get SIGTERM
//   placing    no member runs: the shell replaces their data folders (PlaceSnapshot)
//   waiting    a full disk may have stopped it half way; it is tried again until it succeeds
//
// An orchestrator that ends in between is followed by one that goes on from `ending`. A restore
// deletes on purpose what was written after the snapshot.
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
  // Loads the restores that earlier orchestrators began; they go on after the adoption.
  Status load();
  // Likewise for the data that the plan names (`[db] snapshot`), in that folder.
  void resume(const std::string& group, const std::string& name, const std::string& folder);

  // kConflict: one is under way. Nothing is changed until begin() or cancel().
  Status reserve(const std::string& group, const std::string& name);
  void cancel(const std::string& group);
  // The restore is stored before anything ends. REQUIRES: it is reserved.
  Status begin(const std::string& group);

  void tick();
  void placed(const SnapshotPlaced& answer);

  // The snapshot from which the group is being restored; "" = it is not.
  [[nodiscard]] std::string of(const std::string& group) const;

 private:
  enum class Phase { kChecking, kEnding, kPlacing, kWaiting };
  struct Restore {
    std::string name, folder;  // folder "": that of the snapshot `name`
    Phase phase = Phase::kChecking;
    bool announced = false;
    Nanos since = 0;                  // start of the phase, CLOCK_MONOTONIC
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
