// Deliberate mistakes: bugs that real runs once found in this control plane, and similar ones. Only
// the simulator (orchestrator/sim) switches one on, to show that its checks catch it.
#pragma once

#include <span>
#include <string_view>

namespace multiaz::orchestrator {

enum class Mistake {
  kNone,
  kStartBeforeAdopt,   // starts the planned instances before it knows which run
  kLaunchFromOldCopy,  // believes its stored launch numbers although a process has a later one
  kBacklogWindsClock,  // every message winds the awake clock, so in a backlog others seem silent
  kTrustsItself,       // kills silent instances even when most of the cluster is silent
  kStoppedForEver,  // does not believe the report of a process that was found stopped at adoption
  kRestoreBeforeAdopt,  // goes on with a restore before it knows which members run
  kRestoreGivesUp,      // a full disk ends a restore half way
  kRestoringIsHealthy,  // a group that is being restored counts as healthy
  kMuteIsSilent,        // a foreign program, which never reports, counts as silent
  kShiftedZoneLaunch,   // Auto Scaling launches into a zone whose traffic is shifted away
  kForgetsLaunches,     // an instance that comes back under its name begins at launch 1 again
  kForgetsRemovals,     // a removed member is not ended when the orchestrator dies in between
  kKillsAtReunion,      // kills the instances that are not among the first to be heard again
  kTellsUnstored,       // the topology contains a view that the disk has refused
};

// "start-before-adopt", ...; kNone is "none".
std::string_view to_string(Mistake mistake);
std::span<const Mistake> all_mistakes();  // all but kNone

}  // namespace multiaz::orchestrator
