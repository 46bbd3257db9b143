#include "lb/body_pump.h"

#include <utility>

#include "lb/config.h"
#include "lb/error_page.h"

namespace multiaz::lb {

using wire::http::Event;

namespace {
std::string timeout_answer() {
  return error_answer(408, false, false, Executed::kMaybe);
}
}  // namespace

BodyPump::BodyPump(rt::Conn& client, wire::http::RequestParser& parser, http::Watchdog& watchdog,
                   uint64_t idle_ms, size_t copy_bytes_max)
    : client_(client),
      parser_(parser),
      watchdog_(watchdog),
      idle_ms_(idle_ms),
      chunked_(parser.head().body == wire::http::BodyKind::kChunked),
      last_answer_(timeout_answer),
      copy_(copy_bytes_max) {}

rt::Task<void> BodyPump::run() {
  while (state_ == BodyState::kRunning) {
    while (!target_ && !discarding_) co_await wanted_;
    co_await turn();
  }
  watchdog_.disarm();
}

// Runs one step of the parser, and then the wait that this step needs.
rt::Task<void> BodyPump::turn() {
  auto step = parser_.feed(client_.peek());
  if (!step) {
    end(BodyState::kMalformed);
    co_return;
  }
  bytes_read_ += step->body.size();
  const bool slow = !pass_on(step->body);
  client_.consume(step->consumed);
  if (step->event == Event::kComplete) {
    end(BodyState::kComplete);
    co_return;
  }
  if (slow && target_) {
    writing_ = true;
    target_->deadline_in_ms(idle_ms_);
    // writes nothing and waits until the pending bytes are gone
    const Status written = co_await target_->write("");
    if (target_) target_->clear_deadline();
    if (!written) target_ = nullptr;  // the exchange notices the failure when it reads
    writing_ = false;
    left_.wake();
    co_return;
  }
  if (step->event != Event::kNeedMore) co_return;
  if (discarding_) {
    watchdog_.arm(kDiscardMs);
  } else {
    watchdog_.arm(idle_ms_, last_answer_);
  }
  const Status more = co_await client_.more();
  if (!more) end(BodyState::kLost);
}

// False when the target should get time to read.
bool BodyPump::pass_on(std::string_view piece) {
  if (piece.empty()) return true;
  if (!target_) {
    bytes_dropped_ += piece.size();
    if (bytes_dropped_ > kDiscardBytesMax) end(BodyState::kLost);
    return true;
  }
  if (!chunked_) {
    send(piece);
  } else {
    std::string framed;
    wire::http::write_chunk(piece, framed);
    send(framed);
  }
  return target_->pending_bytes() <= rt::kPendingBytesHigh;
}

void BodyPump::send(std::string_view bytes) {
  copy_.append(bytes);
  target_->send(bytes);
}

void BodyPump::end(BodyState state) {
  if (state_ != BodyState::kRunning) return;
  state_ = state;
  if (!target_) return;
  if (state == BodyState::kComplete) {
    if (chunked_) send(wire::http::kLastChunk);
    target_->deadline_in_ms(idle_ms_);  // from now on the target has to answer
  } else {
    target_->close(Code::kCancelled, "the client did not send all of the body");
  }
}

void BodyPump::attach(rt::Conn& target) {
  CHECK(!target_ && !consumed());
  target_ = &target;
  target.send(copy_.bytes());
  if (state_ == BodyState::kComplete) target.deadline_in_ms(idle_ms_);
  wanted_.wake();
}

rt::Task<void> BodyPump::detach() {
  if (target_) target_->close(Code::kCancelled, "the body is not wanted");
  while (writing_) co_await left_;
  target_ = nullptr;
}

void BodyPump::discard() {
  CHECK(!target_);
  discarding_ = true;
  if (state_ == BodyState::kRunning) watchdog_.arm(kDiscardMs);
  wanted_.wake();
}

}  // namespace multiaz::lb
