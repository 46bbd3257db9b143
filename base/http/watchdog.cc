#include "base/http/watchdog.h"

#include "base/core/clock.h"

namespace multiaz::http {

Watchdog::Watchdog(rt::Conn& conn) : conn_(conn), timer_([this] { look(); }) {}

void Watchdog::arm(uint64_t ms, LastAnswer last_answer) {
  last_answer_ = last_answer;
  if (due_.move(monotonic_now(), ms)) timer_.start(ms);
}

void Watchdog::look() {
  const Nanos now = monotonic_now();
  const rt::MovingDue::Fired what = due_.fired(now);
  if (what == rt::MovingDue::Fired::kStartAgain) timer_.start(due_.left_ms(now));
  if (what != rt::MovingDue::Fired::kPassed) return;
  fired_ = true;
  if (last_answer_) conn_.send(last_answer_());
  conn_.close(Code::kTimeout, "the peer was silent for too long");
}

}  // namespace multiaz::http
