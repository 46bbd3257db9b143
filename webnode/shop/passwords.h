// Passwords: argon2id with the parameters that OWASP gives for 7 MiB, one at a time in a thread, so
// that a rush of log-ins costs waiting and neither memory nor the event loop. Log-ins and
// registrations wait in separate queues and take turns, so neither can starve the other.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "base/core/result.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::webnode {

constexpr unsigned long long kArgonPasses = 5;
constexpr size_t kArgonMemoryBytes = 7168 * 1024;
constexpr size_t kPasswordsWaitingMax = 64;  // log-ins that may wait, and as many registrations
constexpr size_t kPasswordBytesMin = 8;
constexpr size_t kPasswordBytesMax = 128;

class Passwords {
 public:
  // The text to store. kLimit ("busy") when too many are waiting.
  rt::Task<Result<std::string>> hash(std::string password);
  // Takes as long for an account that does not exist: see kNobody.
  rt::Task<Result<bool>> verify(std::string stored, std::string password);

  // A hash that no password matches: it is verified when an account is unknown, for equal timing.
  static const std::string kNobody;

 private:
  using Queue = std::deque<rt::Wait*>;
  rt::Task<Status> run(Queue& queue, const std::function<void()>& job);
  void next_turn();
  bool busy_ = false, login_was_last_ = false;
  Queue logins_, registrations_;
};

}  // namespace multiaz::webnode
