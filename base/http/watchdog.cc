#include "base/http/watchdog.h"

namespace multiaz::http {

Watchdog::Watchdog(rt::Conn& conn) : conn_(conn), timer_([this] { look(); }) {}

void Watchdog::arm(uint64_t ms, LastAnswer last_answer) {
  last_answer_ = last_answer;
  due_ = monotonic_now() + ms * kMillisecond;
  if (timer_due_ != 0 && timer_due_ <= due_) return;
  timer_due_ = due_;
  timer_.start(ms);
}

void Watchdog::look() {
  timer_due_ = 0;
  if (due_ == 0) return;
  const Nanos now = monotonic_now();
  if (now < due_) {
    timer_due_ = due_;
    timer_.start((due_ - now) / kMillisecond + 1);
    return;
  }
  fired_ = true;
  if (last_answer_) conn_.send(last_answer_());
  conn_.close(Code::kTimeout, "the peer was silent for too long");
}

}  // namespace multiaz::http
