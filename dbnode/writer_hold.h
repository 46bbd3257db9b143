// WriterHold: one client's request for the writer lock, and its hold on it. A refusal is kept until
// the session asks for the lock, because the lock may be requested ahead of the session.
#pragma once

#include <cstdint>
#include <utility>

#include "base/core/check.h"
#include "base/rt/task.h"
#include "dbnode/portal.h"
#include "dbnode/writer_lock.h"

namespace multiaz::dbnode {

class WriterHold {
 public:
  // REQUIRES: the lock outlives it.
  explicit WriterHold(WriterLock& lock) : lock_(lock) {}
  ~WriterHold() { CHECK(!held_); }
  WriterHold(const WriterHold&) = delete;
  WriterHold& operator=(const WriterHold&) = delete;

  // Waits for the lock within the session's time-outs (0 for none). Afterwards it is held or
  // refused. REQUIRES: it is neither.
  rt::Task<void> acquire(uint64_t lock_timeout_ms, uint64_t statement_timeout_ms);
  void cancel() { request_.cancel(Code::kCancelled); }  // no effect when it is not waiting
  void release();

  bool held() const { return held_; }
  bool refused() const { return refusal_.has_value(); }
  Failure take_refusal() { return std::exchange(refusal_, Failure()); }

 private:
  WriterLock& lock_;
  WriterLock::Request request_;
  bool held_ = false;
  Failure refusal_;
};

}  // namespace multiaz::dbnode
