// How often an account may be tried. An attempt is counted before its password is looked at, so a
// hundred at the same time are counted as well. Two counts, each in a window that begins with its
// first attempt and ends when it said it would, whatever comes meanwhile:
//
//   kLoginAttemptsMax for one account from one client; the right password forgets them
//   kLoginAccountAttemptsMax for one account from all clients together; a client from which its
//   owner has logged in before is let in all the same, so strangers cannot shut the owner out
//
// The counts are the tier's, in the cache; while there is none each instance counts for itself.
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
constexpr size_t kLoginAccountsMax = 10'000;  // remembered by an instance

// The counts of one instance, pure.
class LocalAttempts {
 public:
  // How many in the window that has begun with the first, this one included. When it remembers
  // too many it forgets the windows that are over, then all.
  int64_t count(const std::string& key, Nanos now);
  void forget(const std::string& key) { windows_.erase(key); }

 private:
  struct Window {
    Nanos until = 0;
    int64_t attempts = 0;
  };
  std::map<std::string, Window> windows_;
};

// Whether one more attempt is let in, by both counts with it included.
bool login_admitted(int64_t from_client, int64_t of_account, bool known_client);

class LoginThrottle {
 public:
  explicit LoginThrottle(clients::Cache& cache) : cache_(cache) {}

  // Counts an attempt; false: it is one too many.
  rt::Task<bool> admit(std::string email, std::string client);
  // The password was right.
  rt::Task<void> succeeded(std::string email, std::string client);

 private:
  clients::Cache& cache_;
  LocalAttempts local_;
  std::set<std::string> known_;  // clients of accounts, while there is no cache
};

}  // namespace multiaz::webnode
