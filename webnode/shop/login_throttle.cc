#include "webnode/shop/login_throttle.h"

#include <algorithm>

#include "webnode/shop/signer.h"

namespace multiaz::webnode {

namespace {

using clients::Command;
using clients::Commands;
using clients::Replies;

constexpr uint64_t kThrottlePatienceMs = 200;

std::string attempts_key(const std::string& email) {
  return "login-attempts:" + digest_hex(email).substr(0, 32);
}

Nanos throttle_patience() {
  return monotonic_now() + kThrottlePatienceMs * kMillisecond;
}

}  // namespace

int64_t LocalAttempts::count(const std::string& account, Nanos now) {
  if (windows_.size() >= kLoginAccountsMax && !windows_.contains(account)) {
    std::erase_if(windows_, [now](const auto& one) { return one.second.until <= now; });
    if (windows_.size() >= kLoginAccountsMax) windows_.clear();
  }
  Window& window = windows_[account];
  if (window.until <= now) {
    window.until = now + static_cast<Nanos>(kLoginWindowS) * kSecond;
    window.attempts = 0;
  }
  return ++window.attempts;
}

rt::Task<bool> LoginThrottle::admit(std::string email) {
  const std::string key = attempts_key(email);
  const int64_t here = local_.count(key, monotonic_now());
  if (!cache_.up()) co_return here <= kLoginAttemptsMax;
  // Twice when an answer is lost: the account is then shut a little earlier.
  Commands commands;
  commands.push_back(Command{"INCR", key});
  commands.push_back(Command{"EXPIRE", key, std::to_string(kLoginWindowS)});
  const auto replies = co_await cache_.write(std::move(commands), throttle_patience());
  const int64_t count = replies ? replies->front().integer : here;
  co_return count <= kLoginAttemptsMax;
}

rt::Task<void> LoginThrottle::forget(std::string email) {
  const std::string key = attempts_key(email);
  local_.forget(key);
  if (!cache_.up()) co_return;
  Commands commands;
  commands.push_back(Command{"DEL", key});
  (void)co_await cache_.write(std::move(commands), throttle_patience());
}

}  // namespace multiaz::webnode
