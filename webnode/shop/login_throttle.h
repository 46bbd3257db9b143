// How often a log-in to an account may be tried. An attempt is counted before its password is
// checked, so simultaneous attempts are counted, too. There are two counts, each in a window that
// begins with its first attempt and has a fixed length:
//
//   kLoginAttemptsMax for one account from one client; the right password resets them
//   kLoginAccountAttemptsMax for one account from all clients together; a client from which the
//       owner has logged in before is exempt, so an attacker cannot shut the owner out
//
// The counts are kept in the cache for the whole tier; without a cache each instance counts alone.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/core/clock.h"
#include "base/rt/task.h"
#include "clients/cache.h"

namespace multiaz::webnode {

constexpr int64_t kLoginAttemptsMax = 10;
constexpr int64_t kLoginAccountAttemptsMax = 60;
constexpr int64_t kLoginWindowS = 60;
constexpr int64_t kKnownClientS = 30 * 24 * 3600;
constexpr size_t kLoginAccountsMax = 10'000;  // most accounts that an instance remembers

// The counts of one instance, pure.
class LocalAttempts {
 public:
  // The attempts in the window that began with the first one, including this one. When there are
  // too many windows, those that are over are forgotten, then all.
  int64_t count(const std::string& key, Nanos now);
  void forget(const std::string& key) { windows_.erase(key); }

 private:
  struct Window {
    Nanos until = 0;
    int64_t attempts = 0;
  };
  std::map<std::string, Window> windows_;
};

// Whether both counts, which include this attempt, allow it.
bool login_admitted(int64_t from_client, int64_t of_account, bool known_client);

class LoginThrottle {
 public:
  explicit LoginThrottle(clients::Cache& cache) : cache_(cache) {}

  // Counts an attempt; false when it is one too many.
  rt::Task<bool> admit(std::string email, std::string client);
  // To be called when the password was right.
  rt::Task<void> succeeded(std::string email, std::string client);

 private:
  clients::Cache& cache_;
  LocalAttempts local_;
  std::set<std::string> known_;  // known clients of accounts, used while there is no cache
};

}  // namespace multiaz::webnode
