// BodyPump: copies a request's body from the client to the current target while the exchange waits
// for the answer. It outlives failed attempts: as long as no byte has left, another target may be
// attached. A body that is not wanted any more is read and dropped, to keep the client's
// connection.
#pragma once

#include <cstdint>
#include <string>

#include "base/http/watchdog.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"
#include "base/wire/http_parser.h"

namespace multiaz::lb {

enum class BodyState {
  kRunning,
  kComplete,   // the whole body was read
  kMalformed,  // the answer is 400
  kLost,       // the client left, was silent for too long (it got 408), or too much was dropped
};

// The bytes that a target has got of a body, as long as they are few enough to be sent again.
class BodyCopy {
 public:
  explicit BodyCopy(size_t bytes_max) : bytes_max_(bytes_max) {}
  void append(std::string_view sent) {
    if (lost_ || sent.empty()) return;
    lost_ = bytes_.size() + sent.size() > bytes_max_;
    if (lost_) {
      bytes_.clear();
    } else {
      bytes_.append(sent);
    }
  }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  size_t bytes_max_;
  std::string bytes_;
  bool lost_ = false;
};

class BodyPump {
 public:
  // REQUIRES: all of them outlive the pump. The parser stands behind a head.
  BodyPump(rt::Conn& client, wire::http::RequestParser& parser, http::Watchdog& watchdog,
           uint64_t idle_ms, size_t copy_bytes_max);

  // Runs until the body is over, in one of these states.
  rt::Task<void> run();
  // Sends the bytes to `target`, all of them from the first. REQUIRES: no target is attached, and
  // consumed() is false.
  void attach(rt::Conn& target);
  // Closes and detaches the target, if there is one. The target may be destroyed afterwards.
  rt::Task<void> detach();
  // Detaches the target and leaves its connection open. REQUIRES: state() is not kRunning.
  void release() { target_ = nullptr; }
  // Drops the rest of the body. REQUIRES: detached.
  void discard();
  // The client has bytes of an answer already, so a time-out must not add a 408.
  void answer_begun() { last_answer_ = nullptr; }

  [[nodiscard]] BodyState state() const { return state_; }
  // Whether a target has got a part of the body, so that no other target can get all of it.
  [[nodiscard]] bool consumed() const { return copy_.lost(); }
  [[nodiscard]] uint64_t bytes_read() const { return bytes_read_; }

 private:
  rt::Task<void> turn();
  bool pass_on(std::string_view piece);
  void send(std::string_view bytes);
  void end(BodyState state);

  rt::Conn& client_;
  wire::http::RequestParser& parser_;
  http::Watchdog& watchdog_;
  uint64_t idle_ms_;
  bool chunked_;
  http::Watchdog::LastAnswer last_answer_;
  rt::Conn* target_ = nullptr;
  bool discarding_ = false;
  bool writing_ = false;  // waiting until the target takes bytes
  BodyState state_ = BodyState::kRunning;
  BodyCopy copy_;
  uint64_t bytes_read_ = 0, bytes_dropped_ = 0;
  rt::Wait wanted_, left_;
};

}  // namespace multiaz::lb
