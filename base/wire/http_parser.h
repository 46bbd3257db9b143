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
// A strict parser refuses what two programs could read differently (bare CR or LF, NUL, folded
// headers, space before the colon, two lengths, length with chunks, other codings). A lenient one
// reads what has one safe meaning (http_oddity.h); bare CR, NUL, folds, lengths that differ and
// codings other than chunked are errors there as well.
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

// Parses one complete head (with its empty line) that a HeadBuffer of the same reading has passed.
// On error `status` is what a server answers.
Result<RequestHead> parse_request_head(std::string_view bytes, int& status,
                                       Reading reading = Reading::kStrict);
Result<ResponseHead> parse_response_head(std::string_view bytes, bool head_request, int& status,
                                         Reading reading = Reading::kStrict);

// Collects the bytes of one head up to its empty line; refuses a head that breaks the rules for
// lines or the limits.
class HeadBuffer {
 public:
  struct Limits {
    size_t first_line_bytes;
    size_t headers_bytes;  // bound on all header lines together
  };
  HeadBuffer(Limits limits, Reading reading) : limits_(limits), reading_(reading) {}
  // True when the head is complete: text() holds it, and is a view of `bytes` where it can be, so
  // use it before they go. `consumed` counts the bytes taken.
  Result<bool> feed(std::string_view bytes, size_t& consumed, int& status);
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] bool started() const { return !kept_.empty(); }
  // Whether lines of the head were passed that a strict buffer refuses.
  [[nodiscard]] bool odd() const { return odd_; }
  void reset() { *this = HeadBuffer(limits_, reading_); }

 private:
  Status scan(std::string_view all, int& status);
  Status check_line(std::string_view line, int& status);
  // True in a lenient buffer, which notes that it passed what a strict one refuses.
  bool tolerates();

  Limits limits_;
  Reading reading_;
  std::string kept_;       // bytes of an unfinished head
  std::string_view text_;  // the finished head
  size_t line_start_ = 0;  // where the line that is being scanned begins
  size_t scanned_ = 0;     // no line feed between line_start_ and here
  size_t lines_ = 0;       // complete lines
  bool done_ = false;
  bool odd_ = false;
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
  // Whether the body had chunk lines that only a lenient parser reads. REQUIRES: after a head.
  [[nodiscard]] bool loose_chunks() const { return body_.loose(); }

 protected:
  enum class State { kHead, kBody, kFailed };
  MessageParser(HeadBuffer::Limits limits, Reading reading)
      : reading_(reading), buffer_(limits, reading) {}
  Result<Step> feed_head(std::string_view bytes);
  Error fail(Error error);

  Reading reading_;
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
  RequestParser() : RequestParser(Reading::kStrict) {}
  explicit RequestParser(Reading reading)
      : MessageParser({kRequestLineBytesMax, kRequestHeadBytesMax}, reading) {}
  // Tells that the peer closed: ok between messages, kClosed inside one.
  [[nodiscard]] Status finish() const;
};

class ResponseParser : public MessageParser<ResponseHead> {
 public:
  ResponseParser() : ResponseParser(Reading::kStrict) {}
  explicit ResponseParser(Reading reading)
      : MessageParser({kHeaderLineBytesMax, kResponseHeadBytesMax}, reading) {}
  // Says whether the next response answers a HEAD request. It holds until the next call, so for
  // interim responses (1xx) as well. REQUIRES: called between responses.
  void expect(bool head_request) { head_request_ = head_request; }
  // Tells that the peer closed: kComplete when that ends a kUntilClose body, kNeedMore between
  // messages (nothing is lost), the error kClosed inside a message.
  Result<Step> finish();
};

}  // namespace multiaz::wire::http
