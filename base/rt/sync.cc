#include "base/rt/sync.h"

#include <uv.h>

#include <memory>

#include "base/rt/loop.h"

namespace multiaz::rt {

namespace {

// Shared between the waiting frame and the callbacks that may wake it after the frame is gone.
struct SharedWait {
  Wait wait;
  bool fired = false;
  bool cancelled = false;
};

void wake_later(const std::shared_ptr<SharedWait>& shared) {
  defer([shared] { shared->wait.wake(); });
}

}  // namespace

Task<Status> sleep_ms(uint64_t ms, Stop& stop) {
  const auto shared = std::make_shared<SharedWait>();
  Timer timer([shared] {
    shared->fired = true;
    shared->wait.wake();
  });
  timer.start(ms);
  const Stop::Ticket ticket = stop.add([shared] {
    shared->cancelled = true;
    wake_later(shared);
  });
  while (!shared->fired && !shared->cancelled) co_await shared->wait;
  stop.remove(ticket);
  if (!shared->fired) co_return Error(Code::kCancelled);
  co_return Status();
}

Task<void> sleep_ms(uint64_t ms) {
  Wait wait;
  Timer timer([&wait] { wait.wake(); });
  timer.start(ms);
  co_await wait;
}

struct Notify::Waiter {
  std::shared_ptr<SharedWait> shared;
};

Notify::~Notify() {
  CHECK_NOTE(waiters_.empty(), "a Notify was destroyed before its waiters");
}

Task<bool> Notify::wait(uint64_t timeout_ms) {
  Stop never;
  const bool notified = co_await wait(timeout_ms, never);
  co_return notified;
}

Task<bool> Notify::wait(uint64_t timeout_ms, Stop& stop) {
  const auto shared = std::make_shared<SharedWait>();
  Waiter self;
  self.shared = shared;
  waiters_.push_back(&self);
  bool over = false;
  Timer timer([shared, &over] {
    over = true;
    shared->wait.wake();
  });
  timer.start(timeout_ms);
  const Stop::Ticket ticket = stop.add([shared] {
    shared->cancelled = true;
    wake_later(shared);
  });
  while (!shared->fired && !over && !shared->cancelled) co_await shared->wait;
  stop.remove(ticket);
  if (!shared->fired) waiters_.remove(&self);
  co_return shared->fired;
}

void Notify::notify_all() {
  std::list<Waiter*> woken;
  woken.swap(waiters_);
  for (Waiter* waiter : woken) {
    waiter->shared->fired = true;
    wake_later(waiter->shared);
  }
}

namespace {
struct Work {
  uv_work_t uv;
  const std::function<void()>* job;
  Wait wait;
};
}  // namespace

Task<void> offload(const std::function<void()>& job) {
  Work work;
  work.job = &job;
  work.uv.data = &work;
  const int queued = uv_queue_work(
      uv_loop_raw(), &work.uv, [](uv_work_t* uv) { (*static_cast<Work*>(uv->data)->job)(); },
      [](uv_work_t* uv, int) { static_cast<Work*>(uv->data)->wait.wake(); });
  CHECK(queued == 0);
  co_await work.wait;
}

}  // namespace multiaz::rt
