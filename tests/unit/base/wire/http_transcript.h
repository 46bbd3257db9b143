// A transcript says what an HTTP parser saw, as a text to compare.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/wire/http_parser.h"

namespace multiaz::wire::http {

// The events of a parser with body pieces joined, so that the same bytes compare equal however they
// are cut: "GET /a length 3; body abc; end; "
struct Transcript {
  std::string text;
  bool in_body = false;

  void head(std::string line) { text += line + "; "; }
  void body(std::string_view piece) {
    text += (in_body ? "" : "body ") + std::string(piece);
    in_body = true;
  }
  void close_body() {
    if (in_body) text += "; ";
    in_body = false;
  }
};

inline std::string framing(BodyKind kind, uint64_t length) {
  switch (kind) {
    case BodyKind::kNone: return "none";
    case BodyKind::kLength: return "length " + std::to_string(length);
    case BodyKind::kChunked: return "chunked";
    case BodyKind::kUntilClose: return "until close";
  }
  return "?";
}
inline std::string line_of(const RequestHead& head) {
  return head.method + " " + head.target + " " + framing(head.body, head.content_length);
}
inline std::string line_of(const ResponseHead& head) {
  return std::to_string(head.status) + " " + framing(head.body, head.content_length);
}

// Feeds one span of bytes to its end; false after an error.
template <typename Parser>
bool feed_all(Parser& parser, std::string_view bytes, Transcript& seen) {
  for (;;) {
    auto step = parser.feed(bytes);
    if (!step) {
      seen.close_body();
      seen.text += std::to_string(parser.error_status()) + " " + step.error().text();
      return false;
    }
    EXPECT_LE(step->consumed, bytes.size());
    bytes.remove_prefix(step->consumed);
    if (step->event == Event::kBody) {
      seen.body(step->body);
      continue;
    }
    if (step->event == Event::kNeedMore) {
      EXPECT_EQ(bytes.size(), 0u) << "NeedMore leaves nothing behind";
      return true;
    }
    seen.close_body();
    seen.head(step->event == Event::kHead ? line_of(parser.head()) : "end");
    if (step->event == Event::kComplete && bytes.empty()) return true;
  }
}

template <typename Parser>
std::string transcript(std::string_view bytes, Parser parser = {}) {
  Transcript seen;
  feed_all(parser, bytes, seen);
  seen.close_body();
  return seen.text;
}

// Cut into two at every place, and into single bytes, the transcript is always the same.
template <typename Parser>
void expect_same_however_cut(std::string_view bytes, Reading reading = Reading::kStrict) {
  const auto whole = transcript<Parser>(bytes, Parser(reading));
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    Parser parser(reading);
    Transcript seen;
    if (feed_all(parser, bytes.substr(0, cut), seen)) feed_all(parser, bytes.substr(cut), seen);
    seen.close_body();
    ASSERT_EQ(seen.text, whole) << "cut at " << cut;
  }
  Parser parser(reading);
  Transcript seen;
  for (size_t i = 0; i < bytes.size() && feed_all(parser, bytes.substr(i, 1), seen); ++i) continue;
  seen.close_body();
  EXPECT_EQ(seen.text, whole) << "byte by byte";
}

}  // namespace multiaz::wire::http
