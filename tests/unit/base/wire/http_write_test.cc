#include <gtest/gtest.h>

#include "base/wire/http.h"
#include "base/wire/http_parser.h"

namespace multiaz::wire::http {
namespace {

std::string written(const RequestHead& head) {
  std::string out;
  write_request_head(head, out);
  return out;
}
std::string written(const ResponseHead& head) {
  std::string out;
  write_response_head(head, out);
  return out;
}

TEST(HttpHeaders, CompareNamesWithoutCaseAndKeepOrder) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("X-One", "1");
  headers.add("accept", "b");
  EXPECT_EQ(headers.find("ACCEPT"), "a");
  EXPECT_EQ(headers.count("accept"), 2u);
  headers.set("ACCEPT", "c");
  EXPECT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers.begin()->value, "c");
  EXPECT_EQ(headers.remove("x-one"), 1u);
  EXPECT_FALSE(headers.contains("X-One"));
  headers.set("New", "n");
  EXPECT_EQ(headers.find("new"), "n");
}

TEST(HttpHeaders, FindTokensInLists) {
  Headers headers;
  headers.add("Connection", "keep-alive, , Upgrade ");
  headers.add("Connection", "x");
  EXPECT_TRUE(headers.has_token("connection", "upgrade"));
  EXPECT_TRUE(headers.has_token("connection", "X"));
  EXPECT_FALSE(headers.has_token("connection", "alive"));
}

TEST(HttpHeaders, LoseWhatConcernsOneConnection) {
  Headers headers;
  headers.add("Connection", "close, X-Private");
  headers.add("X-Private", "1");
  headers.add("Keep-Alive", "timeout=5");
  headers.add("TE", "trailers");
  headers.add("Content-Type", "text/html");
  remove_hop_by_hop(headers);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_TRUE(headers.contains("content-type"));
}

TEST(HttpHeaders, KeepWhatIsForTheOtherEndThoughConnectionNamesIt) {
  for (const char* name : {"Host",
                           "Cookie",
                           "Set-Cookie",
                           "Content-Type",
                           "Content-Length",
                           "Content-Security-Policy",
                           "X-Forwarded-For",
                           "x-forwarded-proto",
                           "X-Amzn-Trace-Id",
                           "Authorization",
                           "Location",
                           "Cache-Control",
                           "ETag",
                           "If-Match",
                           "Accept",
                           "ACCEPT-ENCODING",
                           "Range",
                           "Vary",
                           "Access-Control-Allow-Origin",
                           "Sec-Fetch-Site",
                           "Origin",
                           "X-Real-IP",
                           "WWW-Authenticate",
                           "Strict-Transport-Security",
                           "Idempotency-Key",
                           "X-CSRF-Token"}) {
    Headers headers;
    headers.add("Connection", std::string("close, ") + name + ", X-Private");
    headers.add(name, "kept");
    headers.add("X-Private", "1");
    remove_hop_by_hop(headers);
    EXPECT_EQ(headers.find(name), "kept") << name;
    EXPECT_EQ(headers.size(), 1U) << name;
  }
  Headers odd;  // lists with holes and blanks, in several lines
  odd.add("Connection", " ,, Host ,\tX-A");
  odd.add("connection", "X-B");
  odd.add("Host", "h");
  odd.add("X-A", "1");
  odd.add("X-B", "1");
  remove_hop_by_hop(odd);
  EXPECT_EQ(odd.size(), 1U);
  EXPECT_EQ(odd.find("Host"), "h");
}

TEST(HttpWriter, TellsOldClientsThatTheirConnectionStays) {
  ResponseHead head;
  head.content_length = 0;
  head.to_old_client = true;
  std::string out;
  write_response_head(head, out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(HttpWriter, WritesARequest) {
  RequestHead head;
  head.method = "POST";
  head.target = "/cart?x=1";
  head.headers.add("Host", "shop");
  head.headers.add("Content-Length", "999");  // the fields decide, not the header
  head.headers.add("Transfer-Encoding", "gzip");
  head.body = BodyKind::kLength;
  head.content_length = 12;
  EXPECT_EQ(written(head), "POST /cart?x=1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 12\r\n\r\n");
  head.body = BodyKind::kChunked;
  head.keep_alive = false;
  EXPECT_EQ(written(head),
            "POST /cart?x=1 HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n"
            "Connection: close\r\n\r\n");
}

TEST(HttpWriter, WritesResponses) {
  ResponseHead head;
  EXPECT_EQ(written(head), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  head.status = 204;
  EXPECT_EQ(written(head), "HTTP/1.1 204 No Content\r\n\r\n");
  head.status = 200;
  head.version_minor = 0;
  EXPECT_EQ(written(head),
            "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  head.body = BodyKind::kUntilClose;
  EXPECT_EQ(written(head), "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n");
}

TEST(HttpWriter, KeepsTheLengthOfAnAnswerToHead) {
  ResponseHead head;
  head.body = BodyKind::kNone;
  head.headers.add("Content-Length", "1234");
  EXPECT_EQ(written(head), "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n");
  head.status = 204;
  EXPECT_EQ(written(head), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST(HttpWriter, LetsNoHeaderSmuggleAnother) {
  ResponseHead head;
  head.status = 302;
  head.headers.add("Location", "/a\r\nSet-Cookie: stolen=1");
  EXPECT_EQ(
      written(head),
      "HTTP/1.1 302 Found\r\nLocation: /a  Set-Cookie: stolen=1\r\nContent-Length: 0\r\n\r\n");
  RequestHead request;
  request.target = "/a b\r\nX: y";
  EXPECT_EQ(written(request), "GET /a%20b%20%20X:%20y HTTP/1.1\r\n\r\n");
}

TEST(HttpWriter, IsReadBackAsItWasWritten) {
  RequestHead head;
  head.method = "PATCH";
  head.target = "/x?y=%20z";
  head.headers.add("Host", "shop.multiaz.test");
  head.headers.add("X-Forwarded-For", "10.0.0.1, 10.0.0.2");
  head.body = BodyKind::kChunked;
  RequestParser parser;
  auto step = parser.feed(written(head));
  ASSERT_TRUE(step.ok()) << step.error().text();
  EXPECT_EQ(parser.head().method, "PATCH");
  EXPECT_EQ(parser.head().target, head.target);
  EXPECT_EQ(parser.head().headers.find("x-forwarded-for"), "10.0.0.1, 10.0.0.2");
  EXPECT_EQ(parser.head().body, BodyKind::kChunked);
}

TEST(HttpWriter, FramesChunks) {
  std::string out;
  write_chunk("", out);
  write_chunk("hello", out);
  write_chunk(std::string(26, 'x'), out);
  out += kLastChunk;
  EXPECT_EQ(out, "5\r\nhello\r\n1a\r\n" + std::string(26, 'x') + "\r\n0\r\n\r\n");
}

TEST(HttpStatus, HasTextsForTheBalancersOwnNumbers) {
  EXPECT_EQ(status_text(404), "Not Found");
  EXPECT_NE(status_text(463), "Unknown");
  EXPECT_EQ(status_text(299), "Unknown");
}

}  // namespace
}  // namespace multiaz::wire::http
