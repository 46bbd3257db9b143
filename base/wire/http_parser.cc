#include "base/wire/http_parser.h"

#include <algorithm>
#include <type_traits>

namespace multiaz::wire::http {

Result<bool> HeadBuffer::feed(std::string_view bytes, size_t& consumed, int& status) {
  const size_t before = kept_.size();
  const size_t bytes_max = limits_.first_line_bytes + limits_.headers_bytes;
  std::string_view all = bytes;
  if (before > 0) {  // a line must be contiguous to be checked, so its parts are joined
    kept_.append(bytes.substr(0, bytes_max + 1 - before));
    all = kept_;
  }
  auto scanned = scan(all, status);
  if (!scanned) return scanned.error();
  if (done_) {
    text_ = all.substr(0, line_start_);
    consumed = line_start_ - before;
    return true;
  }
  if (all.size() > bytes_max) {
    status = 431;
    return Error(Code::kLimit, "headers are too large");
  }
  if (before == 0) kept_.assign(bytes);
  consumed = bytes.size();
  return false;
}

// Looks at each complete line once; leaves line_start_ behind the empty line when the head is done.
Status HeadBuffer::scan(std::string_view all, int& status) {
  while (!done_) {
    const size_t lf = all.find('\n', std::max(scanned_, line_start_));
    const bool complete = lf != std::string_view::npos;
    const size_t end = complete ? lf + 1 : all.size();
    const bool first = lines_ == 0;
    if (end - line_start_ > (first ? limits_.first_line_bytes : kHeaderLineBytesMax)) {
      status = first ? 414 : 431;
      return Error(Code::kLimit, first ? "first line is too long" : "header is too long");
    }
    scanned_ = end;
    if (!complete) return {};
    const auto line = all.substr(line_start_, end - line_start_);
    status = 400;
    auto checked = check_line(line, status);
    if (!checked) return checked;
    const bool empty = line == "\r\n" || line == "\n";
    // one empty line is allowed (RFC 9112 2.2)
    const bool leading = empty && lines_ == 0 && (line_start_ == 0 || tolerates());
    line_start_ = end;
    if (!leading) ++lines_;
    done_ = empty && !leading;
    if (line_start_ > limits_.first_line_bytes + limits_.headers_bytes) {
      status = 431;
      return Error(Code::kLimit, "headers are too large");
    }
  }
  return {};
}

bool HeadBuffer::tolerates() {
  odd_ = odd_ || reading_ == Reading::kLenient;
  return odd_;
}

Status HeadBuffer::check_line(std::string_view line, int& status) {
  line.remove_suffix(1);
  const bool crlf = line.ends_with('\r');
  if (!crlf && !tolerates()) return Error(Code::kInvalid, "bare LF");
  if (crlf) line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos) return Error(Code::kInvalid, "bare CR");
  if (line.find('\0') != std::string_view::npos) return Error(Code::kInvalid, "NUL byte");
  if (lines_ == 0 && line.starts_with("GET ") && line.rfind(' ') == 3) {
    status = 505;  // no header follows, so nothing else would come
    return Error(Code::kInvalid, "HTTP/0.9 is not served");
  }
  if (lines_ == 0 || line.empty()) return {};
  if (line[0] == ' ' || line[0] == '\t') return Error(Code::kInvalid, "folded header");
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Error(Code::kInvalid, "header without colon");
  if (!is_token(line.substr(0, colon)) && !tolerates())
    return Error(Code::kInvalid, "header name is not a token");
  return {};
}

namespace {

Result<RequestHead> parse_head(std::string_view text, bool, int& status, Reading reading,
                               RequestHead*) {
  return parse_request_head(text, status, reading);
}
Result<ResponseHead> parse_head(std::string_view text, bool head_request, int& status,
                                Reading reading, ResponseHead*) {
  return parse_response_head(text, head_request, status, reading);
}

}  // namespace

template <typename Head>
Error MessageParser<Head>::fail(Error error) {
  state_ = State::kFailed;
  if constexpr (std::is_same_v<Head, ResponseHead>) error_status_ = 502;
  return error;
}

template <typename Head>
Result<Step> MessageParser<Head>::feed_head(std::string_view bytes) {
  size_t consumed = 0;
  auto complete = buffer_.feed(bytes, consumed, error_status_);
  if (!complete) return fail(complete.error());
  if (!*complete) return Step{Event::kNeedMore, consumed, {}};
  // Nearly every head needs no straightening, so a lenient parser, too, tries the strict reading.
  const auto first = buffer_.odd() ? Reading::kLenient : Reading::kStrict;
  auto head = parse_head(buffer_.text(), head_request_, error_status_, first, &head_);
  if (!head && first != reading_ && head.error().code != Code::kLimit) {
    head = parse_head(buffer_.text(), head_request_, error_status_, reading_, &head_);
  }
  buffer_.reset();
  if (!head) return fail(head.error());
  head_ = std::move(*head);
  body_.start(head_.body, head_.content_length, reading_);
  state_ = State::kBody;
  return Step{Event::kHead, consumed, {}};
}

template <typename Head>
Result<Step> MessageParser<Head>::feed(std::string_view bytes) {
  if (state_ == State::kFailed) return Error(Code::kInvalid, "the message before was malformed");
  if (state_ == State::kHead) return feed_head(bytes);
  auto piece = body_.feed(bytes);
  if (!piece) {
    error_status_ = 400;
    return fail(piece.error());
  }
  if (!piece->data.empty()) return Step{Event::kBody, piece->consumed, piece->data};
  if (!piece->complete) return Step{Event::kNeedMore, piece->consumed, {}};
  state_ = State::kHead;
  return Step{Event::kComplete, piece->consumed, {}};
}

template class MessageParser<RequestHead>;
template class MessageParser<ResponseHead>;

Status RequestParser::finish() const {
  if (idle()) return {};
  return Error(Code::kClosed, "the client closed inside a request");
}

Result<Step> ResponseParser::finish() {
  if (idle()) return Step{};
  if (state_ == State::kBody && body_.ends_with_connection()) {
    state_ = State::kHead;
    return Step{Event::kComplete, 0, {}};
  }
  return Error(Code::kClosed, "the server closed inside a response");
}

}  // namespace multiaz::wire::http
