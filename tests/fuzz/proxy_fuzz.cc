// The load balancer forwards any bytes of a target or a client so that the other side reads one
// message with that body, or sees that it is not complete. The functions are those of
// lb/exchange.cc and lb/body_pump.cc, in the same order and without sockets.
#include <string>

#include "base/core/check.h"
#include "base/wire/http_parser.h"
#include "lb/desync.h"
#include "lb/rewrite.h"

using namespace multiaz;
using namespace multiaz::wire::http;

namespace {

struct Input {
  std::string_view bytes;
  size_t step = 1;  // so many bytes arrive at a time
  bool head_request = false;
  int client_minor = 1;
};

struct Relayed {
  std::string out, body;
  ResponseHead head;
  bool opened = false;  // a head was forwarded; otherwise the client gets 502
  bool whole = false;
};

// Forwards the head of the final answer, then its body piece by piece.
Relayed relay(const Input& in) {
  Relayed to_client;
  ResponseParser parser(Reading::kLenient);
  parser.expect(in.head_request);
  std::string_view rest = in.bytes;
  std::string_view piece;
  while (true) {
    const auto step = parser.feed(piece);
    if (!step) return to_client;
    CHECK(step->consumed <= piece.size());
    if (!to_client.opened && step->event == Event::kHead) {
      if (!lb::acceptable(parser.head(), false)) return to_client;
      if (parser.head().status >= 200) {
        to_client.head = lb::returned(parser.head(), in.client_minor);
        to_client.opened = true;
        write_response_head(to_client.head, to_client.out);
      }
    }
    to_client.body.append(step->body);
    if (to_client.head.body == BodyKind::kChunked) {
      write_chunk(step->body, to_client.out);
    } else {
      to_client.out.append(step->body);
    }
    piece.remove_prefix(step->consumed);
    to_client.whole = to_client.opened && step->event == Event::kComplete;
    if (step->event == Event::kNeedMore && rest.empty()) {
      const auto ended = parser.finish();
      to_client.whole = to_client.opened && ended && ended->event == Event::kComplete;
      if (!to_client.whole) return to_client;
    } else if (step->event == Event::kNeedMore) {
      piece = rest.substr(0, in.step);
      rest.remove_prefix(piece.size());
    }
    if (!to_client.whole) continue;
    if (to_client.head.body == BodyKind::kChunked) to_client.out.append(kLastChunk);
    return to_client;
  }
}

// Control bytes in values pass as they came; nothing else of what was forwarded is odd.
template <typename Parser>
bool reads_one_way(const Parser& parser) {
  Oddities values;
  values.add(Oddity::kControlBytes);
  const Oddities odd = parser.head().oddities;
  return (odd.none() || odd == values) && !parser.loose_chunks();
}

void check_answer(const Input& in) {
  const Relayed got = relay(in);
  if (!got.opened) return;
  ResponseParser client(Reading::kLenient);
  client.expect(in.head_request);
  std::string_view left = got.out;
  std::string body;
  bool complete = false;
  while (!complete) {
    const auto step = client.feed(left);
    CHECK_NOTE(step.ok(), got.out);
    body.append(step->body);
    left.remove_prefix(step->consumed);
    complete = step->event == Event::kComplete;
    if (step->event == Event::kNeedMore) break;
  }
  const bool until_close = client.head().body == BodyKind::kUntilClose;
  CHECK_NOTE(body == got.body, got.out);
  CHECK_NOTE(reads_one_way(client), got.out);
  CHECK_NOTE(left.empty(), got.out);  // no byte is left that may look like a second answer
  // An answer that was cut short may look complete, but only where the load balancer resets the
  // connection.
  CHECK_NOTE(complete == (got.whole && !until_close), got.out);
  CHECK(client.head().status == got.head.status);
  CHECK(until_close == (got.head.body == BodyKind::kUntilClose));
  CHECK(client.head().headers.count("Set-Cookie") == got.head.headers.count("Set-Cookie"));
}

void check_kept(const RequestHead& before, const RequestHead& after) {
  for (const char* name : {"Cookie", "Authorization", "Content-Type", "Accept", "Origin"}) {
    CHECK_NOTE(before.headers.count(name) == after.headers.count(name), name);
  }
  CHECK(after.headers.count("Host") == 1);
  CHECK(after.headers.count("X-Forwarded-For") == 1);
  CHECK(!after.headers.contains("Keep-Alive"));
  CHECK(after.headers.contains("Upgrade") == lb::opens_websocket(before));
}

void check_request(const Input& in) {
  RequestParser parser(Reading::kLenient);
  const auto first = parser.feed(in.bytes);
  if (!first || first->event != Event::kHead) return;
  const RequestHead sent = parser.head();
  if (lb::refusal_of(sent) != 0) return;
  lb::Passage passage;
  passage.client = rt::make_address(0x7f000009, 5555);
  passage.listener = rt::make_address(0x7f140001, 8080);
  passage.trace = "1-67891233-abcdef012345678912345678";
  passage.close_after = lb::classify(sent).desync == lb::DesyncClass::kAmbiguous;
  const RequestHead forwarded = lb::forwarded(sent, passage);
  std::string out, body;
  write_request_head(forwarded, out);
  std::string_view rest = in.bytes.substr(first->consumed);
  bool whole = false;
  while (!whole) {
    const auto step = parser.feed(rest);
    if (!step || step->event == Event::kNeedMore) break;
    body.append(step->body);
    if (sent.body == BodyKind::kChunked) {
      write_chunk(step->body, out);
    } else {
      out.append(step->body);
    }
    rest.remove_prefix(step->consumed);
    whole = step->event == Event::kComplete;
  }
  if (whole && sent.body == BodyKind::kChunked) out.append(kLastChunk);
  RequestParser target(Reading::kLenient);
  std::string_view left = out;
  std::string arrived;
  bool complete = false;
  while (!complete) {
    const auto step = target.feed(left);
    CHECK_NOTE(step.ok(), out);
    if (step->event == Event::kHead) check_kept(sent, target.head());
    arrived.append(step->body);
    left.remove_prefix(step->consumed);
    complete = step->event == Event::kComplete;
    if (step->event == Event::kNeedMore) break;
  }
  CHECK_NOTE(arrived == body && left.empty(), out);
  CHECK_NOTE(complete == whole || sent.body == BodyKind::kNone, out);
  CHECK_NOTE(target.head().keep_alive != passage.close_after, out);
  CHECK_NOTE(reads_one_way(target), out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  Input in;
  in.bytes = std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1);
  in.head_request = (data[0] & 2) != 0;
  in.client_minor = (data[0] & 4) != 0 ? 0 : 1;
  in.step = 1 + (data[0] >> 3) * 7;
  if ((data[0] & 1) != 0) {
    check_answer(in);
  } else {
    check_request(in);
  }
  return 0;
}
