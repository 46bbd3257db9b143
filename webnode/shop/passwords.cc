#include "webnode/shop/passwords.h"

#include <sodium.h>

#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "webnode/shop/refusal.h"

namespace multiaz::webnode {

const std::string Passwords::kNobody =
    "$argon2id$v=19$m=7168,t=5,p=1$NNgDDsm2HMD1EhWr2y5YDA$rirpOVoP824zmi69043qDiweYd3zHh4sk+"
    "oNeCcPLPk";

rt::Task<Status> Passwords::run(Queue& queue, const std::function<void()>& job) {
  if (queue.size() >= kPasswordsWaitingMax) {
    co_return refuse(Code::kLimit, "busy", "Too many log-ins at the same time. Try again.");
  }
  if (busy_) {
    rt::Wait turn;
    queue.push_back(&turn);
    co_await turn;  // the task that wakes this one has left busy_ set for it
  }
  busy_ = true;
  login_was_last_ = &queue == &logins_;
  co_await rt::offload(job);
  next_turn();
  co_return Status();
}

void Passwords::next_turn() {
  Queue& wanted = login_was_last_ ? registrations_ : logins_;
  Queue& queue = !wanted.empty() ? wanted : login_was_last_ ? logins_ : registrations_;
  if (queue.empty()) {
    busy_ = false;
    return;
  }
  rt::Wait* next = queue.front();
  queue.pop_front();
  rt::defer([next] { next->wake(); });
}

rt::Task<Result<std::string>> Passwords::hash(std::string password) {
  char encoded[crypto_pwhash_STRBYTES] = "";
  bool done = false;
  const std::function<void()> job = [&] {
    done = crypto_pwhash_str_alg(encoded, password.data(), password.size(), kArgonPasses,
                                 kArgonMemoryBytes, crypto_pwhash_ALG_ARGON2ID13) == 0;
  };
  const Status ran = co_await run(registrations_, job);
  if (!ran) co_return ran.error();
  if (!done) co_return Error(Code::kInternal, "not enough memory to hash a password");
  co_return std::string(encoded);
}

rt::Task<Result<bool>> Passwords::verify(std::string stored, std::string password) {
  bool same = false;
  const std::function<void()> job = [&] {
    same = crypto_pwhash_str_verify(stored.c_str(), password.data(), password.size()) == 0;
  };
  const Status ran = co_await run(logins_, job);
  if (!ran) co_return ran.error();
  co_return same;
}

}  // namespace multiaz::webnode
