// HTTP heads and bodies: the events are the same however the bytes are cut. What was read can be
// written, and reads back the same.
#include <string>

#include "base/core/check.h"
#include "base/wire/http_parser.h"

using namespace multiaz::wire::http;

namespace {

// With a lenient reading, control bytes of values and methods that llhttp does not know are written
// as they came, so only a lenient parser reads them back.
template <typename Head>
void check_round_trip(const Head& head, Reading reading) {
  std::string bytes;
  if constexpr (std::is_same_v<Head, RequestHead>) {
    write_request_head(head, bytes);
  } else {
    write_response_head(head, bytes);
  }
  int status = 0;
  std::string again;
  if constexpr (std::is_same_v<Head, RequestHead>) {
    auto back = parse_request_head(bytes, status, reading);
    CHECK_NOTE(back.ok(), bytes);
    CHECK(back->method == head.method && back->target == head.target);
    CHECK(back->body == head.body && back->content_length == head.content_length);
    CHECK(back->keep_alive == head.keep_alive);
    write_request_head(*back, again);
  } else {
    auto back = parse_response_head(bytes, head.body == BodyKind::kNone, status, reading);
    CHECK_NOTE(back.ok(), bytes);
    CHECK(back->status == head.status && back->body == head.body);
    write_response_head(*back, again);
  }
  CHECK_NOTE(again == bytes, bytes);
}

// The events as text, with body pieces joined. Reads `step` bytes at a time.
template <typename Parser>
std::string events(std::string_view bytes, size_t step, bool check, Reading reading) {
  Parser parser(reading);
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
        if (check) check_round_trip(parser.head(), reading);
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
void compare(std::string_view bytes, size_t step, Reading reading) {
  CHECK(events<Parser>(bytes, bytes.size(), true, reading) ==
        events<Parser>(bytes, step, false, reading));
}

// What a strict parser reads, a lenient one reads alike.
template <typename Parser>
void compare_readings(std::string_view bytes) {
  const std::string strict = events<Parser>(bytes, bytes.size(), false, Reading::kStrict);
  if (strict.find('!') != std::string::npos) return;
  CHECK(strict == events<Parser>(bytes, bytes.size(), false, Reading::kLenient));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t step = 1 + data[0] / 4;
  const Reading reading = data[0] % 4 < 2 ? Reading::kStrict : Reading::kLenient;
  if (data[0] % 2 == 0) {
    compare<RequestParser>(bytes, step, reading);
    compare_readings<RequestParser>(bytes);
  } else {
    compare<ResponseParser>(bytes, step, reading);
    compare_readings<ResponseParser>(bytes);
  }
  return 0;
}
