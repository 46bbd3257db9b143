// Decides which refusals at the control port become events. Any process on this machine, and any
// page in a browser, can be refused as often as it likes, and must not push other events out of the
// log. For each reason a few are reported at once and then one a minute; the others are only
// counted, and the next event has their number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/core/clock.h"

namespace multiaz::orchestrator {

constexpr uint64_t kRefusalsAtOnceMax = 5;
constexpr uint64_t kRefusalEveryMs = 60'000;

class Refusals {
 public:
  // Returns the text of an event, or nothing. REQUIRES: `reason` is one of a few constant texts and
  // does not come from the client.
  std::optional<std::string> refused(Nanos now, const std::string& reason, const std::string& why);
  // Reports the refusals that were only counted, at most one text a minute; mostly there are none.
  std::optional<std::string> tick(Nanos now);

 private:
  struct Bucket {
    uint64_t left = kRefusalsAtOnceMax;
    uint64_t untold = 0;
    Nanos filled_at = 0;
  };
  static void refill(Bucket& bucket, Nanos now);

  std::map<std::string, Bucket> buckets_;
};

}  // namespace multiaz::orchestrator
