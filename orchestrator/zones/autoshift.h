// Zonal autoshift, as ARC does it: the traffic of a zone is shifted away when the zone is impaired
// and the others are not, and shifted back when it has been well for some time. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

struct ZoneSigns {
  size_t instances = 0;
  size_t impaired = 0;  // silent, stopped, or ended and not started again
};

constexpr uint64_t kImpairedMs = 500;     // for so long more than half of the zone must be impaired
constexpr uint64_t kWellAgainMs = 2'000;  // for so long none of the zone may be impaired

class Autoshift {
 public:
  struct Change {
    std::string zone;
    bool away = false;
    std::string why;
    bool operator==(const Change&) const = default;
  };
  // To be called at every tick. Never shifts the last zone that is left.
  std::vector<Change> step(Nanos now, const std::map<std::string, ZoneSigns>& zones);
  [[nodiscard]] bool away(const std::string& zone) const;

 private:
  struct State {
    bool away = false;
    Nanos since = 0;  // since when the signs ask for a change; 0 = they do not
  };
  std::map<std::string, State> states_;
};

}  // namespace multiaz::orchestrator
