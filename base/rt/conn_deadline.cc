#include "base/rt/conn_deadline.h"

#include <algorithm>

#include "base/rt/conn_state.h"

namespace multiaz::rt {

void ConnDeadline::in_ms(uint64_t ms) {
  if (conn_.closing) return;
  due_ = monotonic_now() + ms * kMillisecond;
  if (timer_due_ != 0 && timer_due_ <= due_) return;
  timer_due_ = due_;
  timer_.start(ms, 0, [](Conn::State& conn) { conn.deadline.look(); });
}

void ConnDeadline::look() {
  timer_due_ = 0;
  if (due_ == 0) return;
  const Nanos now = monotonic_now();
  if (now >= due_) {
    conn_.close(Code::kTimeout, "deadline passed");
  } else {
    in_ms((due_ - now) / kMillisecond + 1);
  }
}

void ConnDeadline::clear() {
  due_ = 0;
  if (timer_due_ == 0) timer_.stop();
}

void ConnDeadline::progress_ms(uint64_t ms) {
  if (conn_.closing) return;
  due_ = timer_due_ = 0;
  progress_ms_ = ms;
  progress_at_ = monotonic_now();
  arrived_until_ = conn_.writer.arrived_bytes();
  const uint64_t look_ms = std::max<uint64_t>(1, ms / 4);
  timer_.start(look_ms, look_ms, [](Conn::State& conn) { conn.deadline.look_for_progress(); });
}

void ConnDeadline::look_for_progress() {
  const Nanos now = monotonic_now();
  const uint64_t arrived = conn_.writer.arrived_bytes();
  if (arrived != arrived_until_ || conn_.writer.held_back(now)) {
    arrived_until_ = arrived;
    progress_at_ = now;
  } else if (now - progress_at_ >= progress_ms_ * kMillisecond) {
    conn_.close(Code::kTimeout, "the peer has read nothing for too long");
  }
}

}  // namespace multiaz::rt
