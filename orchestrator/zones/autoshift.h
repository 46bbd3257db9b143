// Zonal autoshift, as ARC does it: when a zone is impaired and the others are not, its traffic is
// shifted away, and back when it has been well for a while. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

struct ZoneSigns {
  size_t instances = 0;
  size_t impaired = 0;  // silent, stopped, or ended and not back
};

constexpr uint64_t kImpairedMs = 500;     // more than half of a zone, for so long
constexpr uint64_t kWellAgainMs = 2'000;  // all of it, for so long

class Autoshift {
 public:
  struct Change {
    std::string zone;
    bool away = false;
    std::string why;
    bool operator==(const Change&) const = default;
  };
  // Call every tick. Never shifts the last zone that is left.
  std::vector<Change> step(Nanos now, const std::map<std::string, ZoneSigns>& zones);
  [[nodiscard]] bool away(const std::string& zone) const;

 private:
  struct State {
    bool away = false;
    Nanos since = 0;  // of signs that speak for a change; 0 = there are none
  };
  std::map<std::string, State> states_;
};

}  // namespace multiaz::orchestrator
