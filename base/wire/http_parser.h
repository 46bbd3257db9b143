// Incremental HTTP/1 parsers that pause after every event, made for a proxy that streams bodies.
//
//   for (;;) {
//     auto step = parser.feed(conn.peek());
//     if (!step) -> answer parser.error_status() with the error's text, then close
//     switch (step->event) {
//       kHead: use parser.head()              kBody: pass step->body on (before consume!)
//       kComplete: the message is over        kNeedMore: read more first
//     }
//     conn.consume(step->consumed);
//   }
//
// The strict reading only: what two programs could read differently is an error (bare CR or LF,
// NUL, folded headers, space before the colon, two lengths, length with chunks, other codings).
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/wire/http.h"
#include "base/wire/http_body.h"

namespace multiaz::wire::http {

enum class Event {
  kNeedMore,  // all bytes are consumed, and the message is not over
  kHead,      // head() is valid until the next kHead
  kBody,      // Step::body, a view into the fed bytes
  kComplete,  // the message is over; the next bytes belong to the next message (pipelining)
};

struct Step {
  Event event = Event::kNeedMore;
  size_t consumed = 0;  // how many of the fed bytes may be discarded
  std::string_view body;
};

// Parses one complete head (with its empty line). On error `status` is what a server answers.
Result<RequestHead> parse_request_head(std::string_view bytes, int& status);
Result<ResponseHead> parse_response_head(std::string_view bytes, bool head_request, int& status);

// Collects the bytes of one head up to its empty line; refuses a head that breaks the rules for
// lines or the limits.
class HeadBuffer {
 public:
  struct Limits {
    size_t first_line_bytes;
    size_t headers_bytes;  // bound on all header lines together
  };
  explicit HeadBuffer(Limits limits) : limits_(limits) {}
  // True when the head is complete: text() holds it, and is a view of `bytes` where it can be, so
  // use it before they go. `consumed` counts the bytes taken.
  Result<bool> feed(std::string_view bytes, size_t& consumed, int& status);
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool started() const { return !kept_.empty(); }
  void reset() { *this = HeadBuffer(limits_); }

 private:
  Status scan(std::string_view all, int& status);
  [[nodiscard]] Status check_line(std::string_view line) const;

  Limits limits_;
  std::string kept_;       // bytes of an unfinished head
  std::string_view text_;  // the finished head
  size_t line_start_ = 0;  // where the line that is being scanned begins
  size_t scanned_ = 0;     // no line feed between line_start_ and here
  size_t lines_ = 0;       // complete lines
  bool done_ = false;
};

// The common part of both directions: the sequence head, body, head, ... of one connection.
template <typename Head>
class MessageParser {
 public:
  // Takes bytes up to the next event; an empty view is allowed (a message without body completes
  // that way). Errors are final. kInvalid: malformed; kLimit: too large.
  Result<Step> feed(std::string_view bytes);
  [[nodiscard]] const Head& head() const { return head_; }
  Head& head() { return head_; }
  // After an error, what a server answers: 400 malformed, 414 long request line, 431 large headers
  // (an ALB says 400), 501 transfer coding other than chunked, 505 version; 502 for responses.
  [[nodiscard]] int error_status() const { return error_status_; }
  // True when no byte of the next message has come yet, so closing (or an idle time-out) loses
  // nothing.
  [[nodiscard]] bool idle() const { return state_ == State::kHead && !buffer_.started(); }

 protected:
  enum class State { kHead, kBody, kFailed };
  explicit MessageParser(HeadBuffer::Limits limits) : buffer_(limits) {}
  Result<Step> feed_head(std::string_view bytes);
  Error fail(Error error);

  HeadBuffer buffer_;
  State state_ = State::kHead;
  Head head_;
  BodyDecoder body_;
  bool head_request_ = false;
  int error_status_ = 400;
};
extern template class MessageParser<RequestHead>;
extern template class MessageParser<ResponseHead>;

class RequestParser : public MessageParser<RequestHead> {
 public:
  RequestParser() : MessageParser({kRequestLineBytesMax, kRequestHeadBytesMax}) {}
  // Tells that the peer closed: ok between messages, kClosed inside one.
  [[nodiscard]] Status finish() const;
};

class ResponseParser : public MessageParser<ResponseHead> {
 public:
  ResponseParser() : MessageParser({kHeaderLineBytesMax, kResponseHeadBytesMax}) {}
  // Says whether the next response answers a HEAD request. It holds until the next call, so for
  // interim responses (1xx) as well. REQUIRES: called between responses.
  void expect(bool head_request) { head_request_ = head_request; }
  // Tells that the peer closed: kComplete when that ends a kUntilClose body, kNeedMore between
  // messages (nothing is lost), the error kClosed inside a message.
  Result<Step> finish();
};

}  // namespace multiaz::wire::http
