// How fast accounts may be made, by each client and in all, counted by an instance: one token
// bucket each. A refused client may come back soon; there is no fixed time of exclusion. Pure.
#pragma once

#include <map>
#include <string>

#include "base/core/clock.h"

namespace multiaz::webnode {

struct RegistrationLimits {
  double client_burst = 200, client_per_s = 5;
  double all_burst = 400, all_per_s = 20;
};
constexpr size_t kRegistrationClientsMax = 10'000;  // most clients that an instance remembers

class RegistrationThrottle {
 public:
  explicit RegistrationThrottle(RegistrationLimits limits = RegistrationLimits())
      : limits_(limits), all_{limits.all_burst, 0} {}
  // Counts one registration; false when there are too many.
  bool admit(const std::string& client, Nanos now);

 private:
  struct Bucket {
    double tokens;
    Nanos at;
  };
  static void refill(Bucket& bucket, double burst, double per_s, Nanos now);
  RegistrationLimits limits_;
  Bucket all_;
  std::map<std::string, Bucket> clients_;
};

}  // namespace multiaz::webnode
