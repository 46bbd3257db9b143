#include "base/rt/conn_deadline.h"

#include <algorithm>

#include "base/rt/conn_state.h"

namespace multiaz::rt {

void ConnDeadline::in_ms(uint64_t ms) {
  if (!conn_.closing && due_.move(monotonic_now(), ms)) look_in_ms(ms);
}

void ConnDeadline::look_in_ms(uint64_t ms) {
  timer_.start(ms, 0, [](Conn::State& conn) { conn.deadline.look(); });
}

void ConnDeadline::look() {
  const Nanos now = monotonic_now();
  switch (due_.fired(now)) {
    case MovingDue::Fired::kNothing: break;
    case MovingDue::Fired::kPassed: conn_.close(Code::kTimeout, "deadline passed"); break;
    case MovingDue::Fired::kStartAgain: look_in_ms(due_.left_ms(now)); break;
  }
}

void ConnDeadline::clear() {
  due_.clear();
  if (!due_.timer_runs()) timer_.stop();
}

void ConnDeadline::progress_ms(uint64_t ms) {
  if (conn_.closing) return;
  due_.clear();
  due_.forget_timer();
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
