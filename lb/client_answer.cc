#include "lb/client_answer.h"

#include "base/wire/http.h"
#include "lb/config.h"

namespace multiaz::lb {

using wire::http::BodyKind;

void ClientAnswer::open(const wire::http::ResponseHead& head) {
  chunked_ = head.body == BodyKind::kChunked;
  until_close_ = head.body == BodyKind::kUntilClose;
  out_.clear();
  wire::http::write_response_head(head, out_);
}

void ClientAnswer::append(std::string_view piece) {
  if (chunked_) {
    wire::http::write_chunk(piece, out_);
  } else {
    out_.append(piece);
  }
}

void ClientAnswer::finish() {
  if (chunked_) out_.append(wire::http::kLastChunk);
}

bool ClientAnswer::full() const {
  return out_.size() >= kRelayBytes;
}

rt::Task<bool> ClientAnswer::flush(rt::Conn& target, uint64_t idle_ms) {
  if (!client_.send(out_)) co_return false;
  flushed_bytes_ += out_.size();
  out_.clear();
  if (client_.pending_bytes() <= rt::kPendingBytesHigh) co_return true;
  target.clear_deadline();
  client_.progress_deadline_ms(idle_ms);
  const Status taken = co_await client_.write("");
  client_.clear_deadline();
  co_return taken.ok();
}

void ClientAnswer::end_unfinished() {
  constexpr std::string_view kWhy = "the answer is incomplete";
  if (until_close_) {
    client_.abort(Code::kClosed, kWhy);
  } else {
    client_.close(Code::kClosed, kWhy);
  }
}

}  // namespace multiaz::lb
