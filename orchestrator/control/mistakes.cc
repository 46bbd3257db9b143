#include "orchestrator/control/mistakes.h"

namespace multiaz::orchestrator {

std::string_view to_string(Mistake mistake) {
  switch (mistake) {
    case Mistake::kNone: return "none";
    case Mistake::kStartBeforeAdopt: return "start-before-adopt";
    case Mistake::kLaunchFromOldCopy: return "launch-from-old-copy";
    case Mistake::kBacklogWindsClock: return "backlog-winds-clock";
    case Mistake::kTrustsItself: return "trusts-itself";
    case Mistake::kStoppedForEver: return "stopped-for-ever";
    case Mistake::kRestoreBeforeAdopt: return "restore-before-adopt";
    case Mistake::kRestoreGivesUp: return "restore-gives-up";
    case Mistake::kRestoringIsHealthy: return "restoring-is-healthy";
    case Mistake::kMuteIsSilent: return "mute-is-silent";
    case Mistake::kShiftedZoneLaunch: return "shifted-zone-launch";
    case Mistake::kForgetsLaunches: return "forgets-launches";
    case Mistake::kForgetsRemovals: return "forgets-removals";
    case Mistake::kKillsAtReunion: return "kills-at-reunion";
    case Mistake::kTellsUnstored: return "tells-unstored";
  }
  return "?";
}

std::span<const Mistake> all_mistakes() {
  static constexpr Mistake kAll[] = {
      Mistake::kStartBeforeAdopt,  Mistake::kLaunchFromOldCopy,  Mistake::kBacklogWindsClock,
      Mistake::kTrustsItself,      Mistake::kStoppedForEver,     Mistake::kRestoreBeforeAdopt,
      Mistake::kRestoreGivesUp,    Mistake::kRestoringIsHealthy, Mistake::kMuteIsSilent,
      Mistake::kShiftedZoneLaunch, Mistake::kForgetsLaunches,    Mistake::kForgetsRemovals,
      Mistake::kKillsAtReunion,    Mistake::kTellsUnstored,
  };
  return kAll;
}

}  // namespace multiaz::orchestrator
