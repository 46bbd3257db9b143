#include "base/wire/http_parser.h"

#include <gtest/gtest.h>

#include "tests/unit/base/wire/http_transcript.h"

namespace multiaz::wire::http {
namespace {

constexpr std::string_view kPipelined =
    "GET /a?x=1 HTTP/1.1\r\nHost: shop\r\n\r\n"
    "POST /b HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello"
    "\r\n"  // a stray line end between messages is allowed
    "PUT /c HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nabc\r\n10;name=value\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
    "DELETE /d HTTP/1.0\r\n\r\n";

TEST(HttpRequestParser, SeesPipelinedRequestsOneByOne) {
  EXPECT_EQ(transcript<RequestParser>(kPipelined),
            "GET /a?x=1 none; end; POST /b length 5; body hello; end; "
            "PUT /c chunked; body abc0123456789abcdef; end; DELETE /d none; end; ");
}

TEST(HttpRequestParser, DoesNotCareHowTheBytesAreCut) {
  expect_same_however_cut<RequestParser>(kPipelined);
}

TEST(HttpRequestParser, PausesAfterTheHeadAndGivesViewsOfTheBody) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET";
  RequestParser parser;
  auto head = parser.feed(bytes);
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->event, Event::kHead);
  EXPECT_EQ(head->consumed, bytes.size() - 7);
  auto body = parser.feed(std::string_view(bytes).substr(head->consumed));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->body, "body");
  EXPECT_EQ(body->body.data(), bytes.data() + head->consumed) << "not copied";
  auto end = parser.feed("GET");
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->event, Event::kComplete);
  EXPECT_EQ(end->consumed, 0u) << "GET belongs to the next request";
  EXPECT_TRUE(parser.idle());
  EXPECT_TRUE(parser.finish().ok());
}

TEST(HttpRequestParser, KeepsHeadersAsTheyCome) {
  RequestParser parser;
  ASSERT_TRUE(parser
                  .feed("GET / HTTP/1.1\r\nHOST:shop\r\nX-Empty:\r\nx-pad: \t a b \t\r\n"
                        "Cookie: a=1\r\nCookie: b=2\r\nX-Latin: caf\xe9\r\n\r\n")
                  .ok());
  const auto& headers = parser.head().headers;
  EXPECT_EQ(headers.find("host"), "shop");
  EXPECT_EQ(headers.find("x-empty"), "");
  EXPECT_EQ(headers.find("X-PAD"), "a b");
  EXPECT_EQ(headers.count("cookie"), 2u);
  EXPECT_EQ(headers.find("X-Latin"), "caf\xe9");
  EXPECT_EQ(headers.begin()->name, "HOST") << "spelling is kept";
}

TEST(HttpRequestParser, KnowsWhetherTheConnectionStays) {
  const auto keeps = [](std::string_view version, std::string_view connection) {
    RequestParser parser;
    const auto text = "GET / HTTP/" + std::string(version) +
                      "\r\nHost: a\r\nConnection: " + std::string(connection) + "\r\n\r\n";
    EXPECT_TRUE(parser.feed(text).ok()) << text;
    return parser.head().keep_alive;
  };
  EXPECT_TRUE(keeps("1.1", "keep-alive"));
  EXPECT_TRUE(keeps("1.1", "x-other"));
  EXPECT_FALSE(keeps("1.1", "x-other, Close"));
  EXPECT_FALSE(keeps("1.0", "x-other"));
  EXPECT_TRUE(keeps("1.0", "Keep-Alive"));
}

TEST(HttpRequestParser, SeesAnUpgrade) {
  RequestParser parser;
  ASSERT_TRUE(
      parser
          .feed("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
          .ok());
  EXPECT_TRUE(parser.head().upgrade);
  EXPECT_EQ(parser.head().body, BodyKind::kNone);
}

struct Malformed {
  std::string_view name;
  std::string text;
  int status;
};
std::string get(std::string_view headers) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}
std::string chunked(std::string_view body) {
  return get("Transfer-Encoding: chunked\r\n") + std::string(body);
}

std::vector<Malformed> malformed_requests() {
  return {
      {"garbage", "hello\r\n\r\n", 400},
      {"TLS hello", std::string("\x16\x03\x01\x00\x05\x01\n", 7), 400},
      {"unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", get("Host: b\r\n"), 400},
      {"two lengths", get("Content-Length: 1\r\nContent-Length: 2\r\n"), 400},
      {"equal lengths", get("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
      {"length list", get("Content-Length: 1, 1\r\n"), 400},
      {"signed length", get("Content-Length: +1\r\n"), 400},
      {"hex length", get("Content-Length: 0x10\r\n"), 400},
      {"huge length", get("Content-Length: 99999999999999999999\r\n"), 400},
      {"empty length", get("Content-Length:\r\n"), 400},
      {"length and chunks", get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"chunks and length", get("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400},
      {"gzip", get("Transfer-Encoding: gzip\r\n"), 501},
      {"gzip, chunked", get("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"identity", get("Transfer-Encoding: identity\r\n"), 501},
      {"chunked twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 501},
      {"xchunked", get("Transfer-Encoding: xchunked\r\n"), 501},
      {"chunks in 1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"space before colon", get("X : 1\r\n"), 400},
      {"space in a name", get("X y: 1\r\n"), 400},
      {"empty name", get(": 1\r\n"), 400},
      {"no colon", get("nonsense\r\n"), 400},
      {"folded", get("X: 1\r\n  2\r\n"), 400},
      {"folded first", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"NUL in a value", get(std::string("X: a\0b\r\n", 8)), 400},
      {"control in a value", get("X: a\x01z\r\n"), 400},
      {"CR in a value", get("X: a\rb\r\n"), 400},
      {"CR ends a header", get("X: a\rContent-Length: 5\r\n"), 400},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"control in the target", "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 505},
      {"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"chunk size missing", chunked("\r\n"), 400},
      {"chunk size not hex", chunked("g\r\n"), 400},
      {"chunk size signed", chunked("-1\r\n"), 400},
      {"chunk size prefixed", chunked("0x1\r\n"), 400},
      {"chunk size spaced", chunked("1 \r\na\r\n"), 400},
      {"chunk size huge", chunked("fffffffffffffffff\r\n"), 400},
      {"chunk line bare LF", chunked("1\na\r\n"), 400},
      {"chunk extension bare LF", chunked("1;x\na\r\n"), 400},
      {"chunk too long", chunked("1\r\nab\r\n"), 400},
      {"chunk bare CR", chunked("1\r\na\rb"), 400},
      {"trailer without colon", chunked("0\r\nnonsense\r\n\r\n"), 400},
      {"trailer folded", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
      {"trailer bare LF", chunked("0\r\nA: b\n\r\n"), 400},
  };
}

TEST(HttpRequestParser, RefusesWhatCouldBeReadTwoWays) {
  for (const auto& [name, text, status] : malformed_requests()) {
    RequestParser parser;
    Transcript seen;
    EXPECT_FALSE(feed_all(parser, text, seen)) << name << ": " << seen.text;
    EXPECT_EQ(parser.error_status(), status) << name << ": " << seen.text;
    EXPECT_FALSE(parser.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ok()) << name << ": no way back";
    expect_same_however_cut<RequestParser>(text);
  }
}

TEST(HttpRequestParser, HoldsItsLimitsAndSaysWhichOne) {
  const auto status = [](const std::string& text) {
    RequestParser parser;
    Transcript seen;
    return feed_all(parser, text, seen) ? 0 : parser.error_status();
  };
  const auto long_target = [](size_t bytes) {
    return "GET /" + std::string(bytes, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(status(long_target(kRequestLineBytesMax - 16)), 0);
  EXPECT_EQ(status(long_target(kRequestLineBytesMax)), 414);
  EXPECT_EQ(status("GET /" + std::string(kRequestLineBytesMax, 'a')), 414) << "before its end";
  EXPECT_EQ(status(get("X: " + std::string(kHeaderLineBytesMax - 5, 'a') + "\r\n")), 0);
  EXPECT_EQ(status(get("X: " + std::string(kHeaderLineBytesMax, 'a') + "\r\n")), 431);
  std::string many;
  for (int i = 0; i < 7; ++i) many += "X: " + std::string(10'000, 'a') + "\r\n";
  EXPECT_EQ(status(get(many)), 0) << "some slack: the request line has its own allowance";
  for (int i = 0; i < 2; ++i) many += "X: " + std::string(10'000, 'a') + "\r\n";
  EXPECT_EQ(status(get(many)), 431);
  std::string tiny;
  for (size_t i = 0; i <= kHeaderCountMax; ++i) tiny += "a:\r\n";
  EXPECT_EQ(status(get(tiny)), 431);
  EXPECT_EQ(status(chunked("0\r\nA: " + std::string(kTrailerBytesMax, 'a'))), 400);
  EXPECT_EQ(status(chunked("1;" + std::string(kChunkLineBytesMax + 1, 'a'))), 400);
}

TEST(HttpRequestParser, TellsAnEarlyEndFromAnIdleOne) {
  RequestParser parser;
  EXPECT_TRUE(parser.finish().ok());
  ASSERT_TRUE(parser.feed("GE").ok());
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(parser.finish().error().code, Code::kClosed);
}

// --- responses

TEST(HttpResponseParser, DoesNotCareHowTheBytesAreCut) {
  constexpr std::string_view kBytes =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
      "HTTP/1.1 204 No Content\r\n\r\n"
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"
      "HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"
      "HTTP/1.0 200 OK\r\n\r\nup to the end";
  EXPECT_EQ(transcript<ResponseParser>(kBytes),
            "100 none; end; 200 length 2; body hi; end; 204 none; end; 304 none; end; "
            "404 chunked; body no; end; 200 until close; body up to the end; ");
  expect_same_however_cut<ResponseParser>(kBytes);
}

TEST(HttpResponseParser, KnowsThatHeadHasNoBodyAlsoAfterAnInterimAnswer) {
  ResponseParser parser;
  parser.expect(true);
  EXPECT_EQ(transcript(std::string_view("HTTP/1.1 103 Early Hints\r\n\r\n"
                                        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
                       parser),
            "103 none; end; 200 none; end; ");
}

TEST(HttpResponseParser, EndsABodyWithTheConnection) {
  ResponseParser parser;
  Transcript seen;
  ASSERT_TRUE(feed_all(parser, "HTTP/1.1 200 OK\r\n\r\nabc", seen));
  EXPECT_FALSE(parser.head().keep_alive);
  auto end = parser.finish();
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->event, Event::kComplete);
}

TEST(HttpResponseParser, TellsACutResponseFromACleanClose) {
  ResponseParser parser;
  auto clean = parser.finish();
  ASSERT_TRUE(clean.ok());
  EXPECT_EQ(clean->event, Event::kNeedMore);
  Transcript seen;
  ASSERT_TRUE(feed_all(parser, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", seen));
  EXPECT_EQ(parser.finish().error().code, Code::kClosed);
}

TEST(HttpResponseParser, RefusesMalformedAnswersWith502) {
  const std::string table[] = {
      "HTTP/1.1 99 Low\r\n\r\n",
      "HTTP/1.1 abc\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
      "HTTP/1.1 200 OK\nX: 1\n\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(kResponseHeadBytesMax, 'a') + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const auto& text : table) {
    ResponseParser parser;
    Transcript seen;
    EXPECT_FALSE(feed_all(parser, text, seen)) << text.substr(0, 80);
    EXPECT_EQ(parser.error_status(), 502) << text.substr(0, 80);
  }
}

TEST(HttpResponseParser, SeesSwitchingProtocols) {
  ResponseParser parser;
  auto head = parser.feed(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81");
  ASSERT_TRUE(head.ok());
  EXPECT_TRUE(parser.head().upgrade);
  EXPECT_EQ(parser.head().reason, "Switching Protocols");
}

}  // namespace
}  // namespace multiaz::wire::http
