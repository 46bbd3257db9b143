// The one writer of this database, in order of asking. Held from a transaction's first write until
// its record is appended and its pages are published (not until the group has committed it).
#pragma once

#include <cstdint>
#include <list>

#include "base/core/result.h"
#include "base/rt/loop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"

namespace multiaz::dbnode {

// Longest wait, whatever lock_timeout says: shorter than most clients' patience.
constexpr uint64_t kWriterWaitMsMax = 10'000;

class WriterLock {
 public:
  // One waiting request. The owner keeps it and may cancel it.
  class Request {
   public:
    void cancel(Code why);  // no effect when it does not wait

   private:
    friend class WriterLock;
    rt::Wait wait_;
    WriterLock* lock_ = nullptr;  // while waiting
    std::list<Request*>::iterator place_;
    Code outcome_ = Code::kOk;
  };

  // OK = held, give it back with release(). kTimeout, or what it was cancelled with.
  // REQUIRES: the request outlives the wait; `timeout_ms` 0 = kWriterWaitMsMax.
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
