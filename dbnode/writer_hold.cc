#include "dbnode/writer_hold.h"

namespace multiaz::dbnode {

rt::Task<void> WriterHold::acquire(uint64_t lock_timeout_ms, uint64_t statement_timeout_ms) {
  CHECK(!held_ && !refusal_);
  const bool by_statement =
      statement_timeout_ms > 0 && (lock_timeout_ms == 0 || statement_timeout_ms < lock_timeout_ms);
  const uint64_t wait_ms = by_statement ? statement_timeout_ms : lock_timeout_ms;
  const Status got = co_await lock_.acquire(request_, wait_ms);
  held_ = got.ok();
  if (held_) co_return;
  if (got.error().code == Code::kCancelled) {
    refusal_ = make_error("57014", "canceling statement due to user request");
  } else if (by_statement) {
    refusal_ = make_error("57014", "canceling statement due to statement timeout");
  } else {
    refusal_ = make_error("55P03", "canceling statement due to lock timeout");
  }
}

void WriterHold::release() {
  held_ = false;
  lock_.release();
}

}  // namespace multiaz::dbnode
