#include "dbnode/store/turns.h"

#include <algorithm>
#include <chrono>

#include "base/core/check.h"

namespace multiaz::dbnode::store {

namespace {

constexpr auto kFirstLooks = std::chrono::milliseconds(5);  // whether a turn has overrun
constexpr auto kOthersLook = std::chrono::milliseconds(50);  // whether they are to stop

}  // namespace

Turns::Turns(size_t at_a_time) : at_a_time_(at_a_time) {
  CHECK(at_a_time > 0);
}

void Turns::Turn::look(Nanos now, const std::function<bool()>& stop) {
  if (now < quick_until_ || now < until_) return;
  give_back();
  turns_.take(*this, stop);
}

void Turns::Turn::give_back() {
  if (until_ == 0) return;
  until_ = 0;
  const std::lock_guard<std::mutex> lock(turns_.mutex_);
  std::erase_if(turns_.held_, [this](const Held& held) { return held.turn == this; });
  turns_.tell_next();
}

bool Turns::place_free(Nanos now) {
  std::erase_if(held_, [now](const Held& held) {
    return now > held.until + kOverrunMs * kMillisecond;
  });
  return held_.size() < at_a_time_;
}

void Turns::tell_next() {
  if (!waiting_.empty()) waiting_.front()->next_.notify_one();
}

void Turns::take(Turn& turn, const std::function<bool()>& stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_.push_back(&turn);
  while (waiting_.front() != &turn || !place_free(monotonic_now())) {
    turn.next_.wait_for(lock, waiting_.front() == &turn ? kFirstLooks : kOthersLook);
    if (!stop()) continue;
    std::erase(waiting_, &turn);
    tell_next();
    return;
  }
  waiting_.pop_front();
  turn.until_ = monotonic_now() + kTurnMs * kMillisecond;
  held_.push_back({&turn, turn.until_});
  tell_next();
}

}  // namespace multiaz::dbnode::store
