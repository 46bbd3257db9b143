// Mistakes on purpose: those that real runs once found in this control plane, and kin of them. Only
// the simulator (orchestrator/sim) switches one on, to show that its checks catch it.
#pragma once

#include <span>
#include <string_view>

namespace multiaz::orchestrator {

enum class Mistake {
  kNone,
  kStartBeforeAdopt,    // starts what is planned before it knows what runs
  kLaunchFromOldCopy,   // believes its stored launch numbers although a process has a later one
  kBacklogWindsClock,   // every message winds the awake clock, so a backlog is a silence of others
  kTrustsItself,        // kills the silent even when most of the cluster is
  kStoppedForEver,      // a process found stopped at adoption is not believed when it speaks
  kRestoreBeforeAdopt,  // goes on with a restore before it knows which members run
  kRestoreGivesUp,      // a full disk ends a restore half way
  kRestoringIsHealthy,  // a group that is being restored counts as healthy
  kMuteIsSilent,        // somebody's own program, which never speaks, is found silent
  kShiftedZoneLaunch,   // Auto Scaling launches into a zone whose traffic is shifted away
  kForgetsLaunches,     // an instance that comes back under its name begins at launch 1 again
  kForgetsRemovals,     // a removed member is not ended when the orchestrator dies in between
  kKillsAtReunion,      // kills those that are not heard yet when the first are heard again
  kTellsUnstored,       // the topology tells of a view that the disk has refused
};

// "start-before-adopt"; kNone: "none".
std::string_view to_string(Mistake mistake);
std::span<const Mistake> all_mistakes();  // without kNone

}  // namespace multiaz::orchestrator
