#include "webnode/shop/login_throttle.h"

#include <algorithm>

#include "webnode/shop/signer.h"

namespace multiaz::webnode {

namespace {

using clients::Command;
using clients::Commands;
using clients::Replies;

constexpr uint64_t kThrottlePatienceMs = 200;

// The keys for one account and client: the count of the pair, the count of the account, and the
// mark of a known client.
struct Keys {
  Keys(const std::string& email, const std::string& client)
      : both("login-attempts:" + digest_hex(email + "\n" + client).substr(0, 32)),
        account("login-attempts-all:" + digest_hex(email).substr(0, 32)),
        known("login-known:" + digest_hex(email + "\n" + client).substr(0, 32)) {}
  std::string both, account, known;
};

// Counts in a window that the first attempt opens: SET .. NX leaves a running window as it is, and
// INCR keeps its end. (EXPIRE at each attempt would move the end further and further.)
void append_count(const std::string& key, Commands& commands) {
  commands.push_back(Command{"SET", key, "0", "EX", std::to_string(kLoginWindowS), "NX"});
  commands.push_back(Command{"INCR", key});
}

Nanos throttle_patience() {
  return monotonic_now() + kThrottlePatienceMs * kMillisecond;
}

}  // namespace

int64_t LocalAttempts::count(const std::string& key, Nanos now) {
  if (windows_.size() >= kLoginAccountsMax && !windows_.contains(key)) {
    std::erase_if(windows_, [now](const auto& one) { return one.second.until <= now; });
    if (windows_.size() >= kLoginAccountsMax) windows_.clear();
  }
  Window& window = windows_[key];
  if (window.until <= now) {
    window.until = now + static_cast<Nanos>(kLoginWindowS) * kSecond;
    window.attempts = 0;
  }
  return ++window.attempts;
}

bool login_admitted(int64_t from_client, int64_t of_account, bool known_client) {
  if (from_client > kLoginAttemptsMax) return false;
  return known_client || of_account <= kLoginAccountAttemptsMax;
}

rt::Task<bool> LoginThrottle::admit(std::string email, std::string client) {
  const Keys keys(email, client);
  const int64_t both = local_.count(keys.both, monotonic_now());
  const int64_t account = local_.count(keys.account, monotonic_now());
  const bool known = known_.contains(keys.known);
  if (!cache_.up()) co_return login_admitted(both, account, known);
  // Sent twice when an answer is lost: the account is then closed a little earlier.
  Commands commands;
  append_count(keys.both, commands);
  append_count(keys.account, commands);
  commands.push_back(Command{"GET", keys.known});
  const auto replies = co_await cache_.write(std::move(commands), throttle_patience());
  if (!replies) co_return login_admitted(both, account, known);
  co_return login_admitted((*replies)[1].integer, (*replies)[3].integer,
                           known || (*replies)[4].kind == clients::Reply::Kind::kText);
}

rt::Task<void> LoginThrottle::succeeded(std::string email, std::string client) {
  const Keys keys(email, client);
  local_.forget(keys.both);
  if (known_.size() >= kLoginAccountsMax) known_.clear();
  known_.insert(keys.known);
  if (!cache_.up()) co_return;
  Commands commands;
  commands.push_back(Command{"DEL", keys.both});
  commands.push_back(Command{"SET", keys.known, "1", "EX", std::to_string(kKnownClientS)});
  (void)co_await cache_.write(std::move(commands), throttle_patience());
}

}  // namespace multiaz::webnode
