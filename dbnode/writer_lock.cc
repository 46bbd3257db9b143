#include "dbnode/writer_lock.h"

#include <algorithm>

namespace multiaz::dbnode {

// The request leaves the queue first and wakes on the loop's next turn, because waking runs the
// waiter inline.
void WriterLock::finish(Request& request, Code outcome) {
  queue_.erase(request.place_);
  request.lock_ = nullptr;
  request.outcome_ = outcome;
  Request* waiter = &request;
  rt::defer([waiter] { waiter->wait_.wake(); });
}

void WriterLock::Request::cancel(Code why) {
  if (lock_) lock_->finish(*this, why);
}

rt::Task<Status> WriterLock::acquire(Request& request, uint64_t timeout_ms) {
  if (!held_) {
    held_ = true;
    co_return Status();
  }
  request.lock_ = this;
  request.place_ = queue_.insert(queue_.end(), &request);
  rt::Timer timer([&request] { request.cancel(Code::kTimeout); });
  timer.start(timeout_ms == 0 ? kWriterWaitMsMax : std::min(timeout_ms, kWriterWaitMsMax));
  co_await request.wait_;
  if (request.outcome_ != Code::kOk) co_return Error(request.outcome_);
  co_return Status();
}

void WriterLock::release() {
  CHECK(held_);
  if (queue_.empty()) {
    held_ = false;
  } else {
    finish(*queue_.front(), Code::kOk);  // the lock stays held, now by the next request
  }
}

}  // namespace multiaz::dbnode
