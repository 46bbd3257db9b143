#include "webnode/shop/registration_throttle.h"

#include <algorithm>

namespace multiaz::webnode {

void RegistrationThrottle::refill(Bucket& bucket, double burst, double per_s, Nanos now) {
  if (bucket.at != 0 && now > bucket.at) {
    bucket.tokens += static_cast<double>(now - bucket.at) / static_cast<double>(kSecond) * per_s;
    bucket.tokens = std::min(bucket.tokens, burst);
  }
  bucket.at = now;
}

bool RegistrationThrottle::admit(const std::string& client, Nanos now) {
  refill(all_, limits_.all_burst, limits_.all_per_s, now);
  if (clients_.size() >= kRegistrationClientsMax && !clients_.contains(client)) {
    // A client whose bucket is full again need not be remembered.
    std::erase_if(clients_, [&](const auto& one) {
      Bucket by_now = one.second;
      refill(by_now, limits_.client_burst, limits_.client_per_s, now);
      return by_now.tokens >= limits_.client_burst;
    });
    if (clients_.size() >= kRegistrationClientsMax) return false;
  }
  Bucket& own = clients_.emplace(client, Bucket{limits_.client_burst, 0}).first->second;
  refill(own, limits_.client_burst, limits_.client_per_s, now);
  if (own.tokens < 1 || all_.tokens < 1) return false;
  own.tokens -= 1;
  all_.tokens -= 1;
  return true;
}

}  // namespace multiaz::webnode
