// The current step: its time, and the effects that it has produced so far.
#pragma once

#include <string>
#include <utility>

#include "base/core/check.h"
#include "replication/core/effects.h"

namespace multiaz::replication {

class Step {
 public:
  void begin(Nanos now) {
    CHECK(now >= now_);
    now_ = now;
  }
  Nanos now() const { return now_; }
  void emit(Effect effect) { out_.push_back(std::move(effect)); }
  void send(const NodeId& to, Message message) { emit(SendMessage{to, std::move(message)}); }
  void trace(std::string text) { emit(Trace{std::move(text)}); }
  Effects take() { return std::exchange(out_, {}); }

 private:
  Nanos now_ = 0;
  Effects out_;
};

}  // namespace multiaz::replication
