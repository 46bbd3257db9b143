// Which of the refused strangers at the control port are worth an event. Anybody on this machine,
// and any page in a browser, can be refused as often as they like; they must not push out what the
// log is for. Per reason, a few at once and then one a minute; the rest is counted and told.
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
  // The text of an event, or nothing. REQUIRES: `reason` is one of a few words, never a stranger's.
  std::optional<std::string> refused(Nanos now, const std::string& reason, const std::string& why);
  // What was counted and not told for a minute; nothing most of the time.
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
