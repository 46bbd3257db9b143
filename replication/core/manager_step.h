// The current step of the manager: its time, and the effects that it has produced so far.
#pragma once

#include <string>
#include <utility>

#include "base/core/check.h"
#include "replication/core/manager_events.h"

namespace multiaz::replication {

class ManagerStep {
 public:
  explicit ManagerStep(Nanos now) : now_(now) {}

  Nanos begin(Nanos now) {  // returns the time of the step before
    CHECK(now >= now_);
    return std::exchange(now_, now);
  }
  Nanos now() const { return now_; }
  void emit(ManagerEffect effect) { out_.push_back(std::move(effect)); }
  void notice(std::string kind, NodeId target, std::string text) {
    emit(ManagerNotice{std::move(kind), std::move(target), std::move(text)});
  }
  void answer(bool ok, std::string text) { emit(Answer{ok, std::move(text)}); }
  ManagerEffects take() { return std::exchange(out_, {}); }

 private:
  Nanos now_;
  ManagerEffects out_;
};

}  // namespace multiaz::replication
