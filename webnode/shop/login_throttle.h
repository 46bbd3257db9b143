// How often one account may be tried: kLoginAttemptsMax in a window. Every attempt counts before
// its password is looked at, so a hundred at the same time are counted as well; the right password
// forgets them. The count is the tier's, in the cache; while there is none each instance counts
// for itself.
#pragma once

#include <map>
#include <string>

#include "base/core/clock.h"
#include "base/rt/task.h"
#include "clients/cache.h"

namespace multiaz::webnode {

constexpr int64_t kLoginAttemptsMax = 10;  // an account and window
constexpr int64_t kLoginWindowS = 60;
constexpr size_t kLoginAccountsMax = 10'000;  // remembered by an instance

// The counts of one instance, pure.
class LocalAttempts {
 public:
  // How many in the window that has begun with the first, this one included. When it remembers
  // too many accounts it forgets the windows that are over, then all.
  int64_t count(const std::string& account, Nanos now);
  void forget(const std::string& account) { windows_.erase(account); }

 private:
  struct Window {
    Nanos until = 0;
    int64_t attempts = 0;
  };
  std::map<std::string, Window> windows_;
};

class LoginThrottle {
 public:
  explicit LoginThrottle(clients::Cache& cache) : cache_(cache) {}

  // Counts an attempt; false: it is one too many.
  rt::Task<bool> admit(std::string email);
  // The password was right.
  rt::Task<void> forget(std::string email);

 private:
  clients::Cache& cache_;
  LocalAttempts local_;
};

}  // namespace multiaz::webnode
