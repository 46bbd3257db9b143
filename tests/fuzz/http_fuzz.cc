// HTTP heads and bodies: the events are the same however the bytes are cut. What was read can be
// written, and reads back the same.
#include <string>

#include "base/core/check.h"
#include "base/wire/http_parser.h"

using namespace multiaz::wire::http;

namespace {

template <typename Head>
void check_round_trip(const Head& head) {
  std::string bytes;
  if constexpr (std::is_same_v<Head, RequestHead>) {
    write_request_head(head, bytes);
  } else {
    write_response_head(head, bytes);
  }
  int status = 0;
  std::string again;
  if constexpr (std::is_same_v<Head, RequestHead>) {
    auto back = parse_request_head(bytes, status);
    CHECK_NOTE(back.ok(), bytes);
    CHECK(back->method == head.method && back->target == head.target);
    CHECK(back->body == head.body && back->content_length == head.content_length);
    CHECK(back->keep_alive == head.keep_alive);
    write_request_head(*back, again);
  } else {
    auto back = parse_response_head(bytes, head.body == BodyKind::kNone, status);
    CHECK_NOTE(back.ok(), bytes);
    CHECK(back->status == head.status && back->body == head.body);
    write_response_head(*back, again);
  }
  CHECK_NOTE(again == bytes, bytes);
}

// The events as text, with body pieces joined. Reads `step` bytes at a time.
template <typename Parser>
std::string events(std::string_view bytes, size_t step, bool check) {
  Parser parser;
  std::string seen;
  for (size_t fed = 0; fed < bytes.size(); fed += step) {
    auto part = bytes.substr(fed, step);
    for (;;) {
      auto next = parser.feed(part);
      if (!next) return seen + "!" + std::to_string(parser.error_status());
      CHECK(next->consumed <= part.size());
      part.remove_prefix(next->consumed);
      if (next->event == Event::kHead) {
        seen += "#";
        if (check) check_round_trip(parser.head());
      }
      if (next->event == Event::kBody) seen += next->body;
      if (next->event == Event::kComplete) seen += ".";
      if (next->event == Event::kNeedMore) CHECK(part.empty());
      if (next->event == Event::kNeedMore) break;
      if (next->event == Event::kComplete && part.empty()) break;
    }
  }
  return seen;
}

template <typename Parser>
void compare(std::string_view bytes, size_t step) {
  CHECK(events<Parser>(bytes, bytes.size(), true) == events<Parser>(bytes, step, false));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t step = 1 + data[0] / 2;
  if (data[0] % 2 == 0) {
    compare<RequestParser>(bytes, step);
  } else {
    compare<ResponseParser>(bytes, step);
  }
  return 0;
}
