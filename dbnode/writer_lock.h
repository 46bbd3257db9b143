// The one writer of this database, in order of requests. The lock is held from a transaction's
// first write until its record is appended and its pages are published (not until the group has
// committed it).
#pragma once

#include <cstdint>
#include <list>

#include "base/core/result.h"
#include "base/rt/loop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::dbnode {

// The longest wait, whatever lock_timeout says: less than the time-out of most clients.
constexpr uint64_t kWriterWaitMsMax = 10'000;

class WriterLock {
 public:
  // One waiting request. Its owner keeps it and may cancel it.
  class Request {
   public:
    void cancel(Code why);  // no effect when it is not waiting

   private:
    friend class WriterLock;
    rt::Wait wait_;
    WriterLock* lock_ = nullptr;  // set while it waits
    std::list<Request*>::iterator place_;
    Code outcome_ = Code::kOk;
  };

  // OK when the lock is held: release() gives it back. kTimeout, or the reason of a cancel.
  // REQUIRES: the request outlives the wait; `timeout_ms` 0 takes kWriterWaitMsMax.
  rt::Task<Status> acquire(Request& request, uint64_t timeout_ms);
  void release();
  bool held() const { return held_; }
  size_t waiting() const { return queue_.size(); }

 private:
  void finish(Request& request, Code outcome);

  bool held_ = false;
  std::list<Request*> queue_;
};

}  // namespace multiaz::dbnode
