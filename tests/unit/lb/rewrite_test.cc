// The heads that targets and clients get, cookies, error pages, the access log.
#include "lb/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lb/access_log.h"
#include "lb/balance/sticky.h"
#include "lb/cookie_box.h"
#include "lb/error_page.h"

namespace multiaz::lb {
namespace {

constexpr uint64_t kDayMs = 86'400'000;

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

wire::http::RequestHead request(std::vector<std::pair<std::string, std::string>> headers) {
  wire::http::RequestHead head;
  for (const auto& [name, value] : headers) head.headers.add(name, value);
  return head;
}

Passage passage() {
  Passage out;
  out.client = *rt::parse_address("127.0.0.9:5555");
  out.listener = *rt::parse_address("127.20.0.1:8080");
  out.trace = "1-67891233-abcdef012345678912345678";
  return out;
}

TEST(Rewrite, TellsTargetsOfTlsWhatIsWanted) {
  tls::Facts facts;
  facts.version = "TLSv1.3";
  facts.cipher = "TLS_AES_128_GCM_SHA256";
  Passage secure = passage();
  secure.tls = &facts;
  const auto forged =
      request({{"Host", "x"}, {"X-Forwarded-Proto", "ftp"}, {"X-Amzn-Tls-Version", "1"}});
  auto head = forwarded(forged, secure);
  EXPECT_EQ(head.headers.find("X-Forwarded-Proto"), "https");
  EXPECT_EQ(head.headers.count("X-Forwarded-Proto"), 1U);
  elb::LoadBalancerAttributes attributes;
  attributes.tls_headers = true;
  head = forwarded(forged, secure, attributes);
  EXPECT_EQ(head.headers.find("X-Amzn-Tls-Version"), "TLSv1.3");
  EXPECT_EQ(head.headers.count("X-Amzn-Tls-Version"), 1U);
  EXPECT_EQ(head.headers.find("X-Amzn-Tls-Cipher-Suite"), "TLS_AES_128_GCM_SHA256");
}

TEST(Rewrite, AddsWhereTheRequestCameFrom) {
  const auto head = forwarded(request({{"Host", "Shop.Example:8080"}}), passage());
  EXPECT_EQ(head.headers.find("Host"), "shop.example:8080");
  EXPECT_EQ(head.headers.find("X-Forwarded-For"), "127.0.0.9");
  EXPECT_EQ(head.headers.find("X-Forwarded-Proto"), "http");
  EXPECT_EQ(head.headers.find("X-Forwarded-Port"), "8080");
  EXPECT_EQ(head.headers.find("X-Amzn-Trace-Id"), "Root=1-67891233-abcdef012345678912345678");
}

TEST(Rewrite, HostHasThePortOfTheListenerUnlessThatIsUsual) {
  const std::tuple<const char*, uint16_t, const char*> table[] = {
      {"Example.com", 80, "example.com"},        {"example.com:80", 80, "example.com"},
      {"example.com:443", 443, "example.com"},   {"example.com:8080", 80, "example.com:8080"},
      {"example.com", 8080, "example.com:8080"}, {"example.com:9090", 8080, "example.com:9090"},
  };
  for (const auto& [sent, port, seen] : table) {
    Passage at = passage();
    at.listener.port = port;
    EXPECT_EQ(forwarded(request({{"Host", sent}}), at).headers.find("Host"), seen) << sent;
  }
  elb::LoadBalancerAttributes attributes;
  attributes.preserve_host_header = true;
  const auto head = forwarded(request({{"Host", "Example.com"}}), passage(), attributes);
  EXPECT_EQ(head.headers.find("Host"), "Example.com");
}

TEST(Rewrite, ForwardedForIsAsTheAttributesSay) {
  const auto seen = [](const elb::LoadBalancerAttributes& attributes) {
    const auto head =
        forwarded(request({{"Host", "h"}, {"X-Forwarded-For", "1.1.1.1"}}), passage(), attributes);
    return std::string(head.headers.find("X-Forwarded-For").value_or("none"));
  };
  elb::LoadBalancerAttributes attributes;
  attributes.forwarded_for_port = true;
  EXPECT_EQ(seen(attributes), "1.1.1.1, 127.0.0.9:5555");
  attributes.forwarded_for = elb::ForwardedForMode::kPreserve;
  EXPECT_EQ(seen(attributes), "1.1.1.1");
  attributes.forwarded_for = elb::ForwardedForMode::kRemove;
  EXPECT_EQ(seen(attributes), "none");
}

TEST(Rewrite, HeadersWithOddNamesAreDroppedWhenThatIsAskedFor) {
  const auto odd = request({{"Host", "h"}, {"Foo_Bar", "1"}, {"a!#$", "2"}, {"X-Fine-1", "3"}});
  EXPECT_TRUE(forwarded(odd, passage()).headers.contains("Foo_Bar"));
  elb::LoadBalancerAttributes attributes;
  attributes.drop_invalid_header_fields = true;
  const auto head = forwarded(odd, passage(), attributes);
  EXPECT_FALSE(head.headers.contains("Foo_Bar"));
  EXPECT_FALSE(head.headers.contains("a!#$"));
  EXPECT_TRUE(head.headers.contains("X-Fine-1"));
}

TEST(Rewrite, AppendsToForwardedForAndJoinsSeveral) {
  const auto head = forwarded(
      request({{"Host", "h"}, {"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "2.2.2.2"}}),
      passage());
  EXPECT_EQ(head.headers.count("X-Forwarded-For"), 1U);
  EXPECT_EQ(head.headers.find("X-Forwarded-For"), "1.1.1.1, 2.2.2.2, 127.0.0.9");
}

TEST(Rewrite, RemovesWhatConcernsOneConnection) {
  const auto head = forwarded(request({{"Host", "h"},
                                       {"Connection", "keep-alive, X-Secret"},
                                       {"X-Secret", "1"},
                                       {"Keep-Alive", "timeout=5"},
                                       {"Upgrade", "h2c"},
                                       {"Expect", "100-continue"},
                                       {"X-Mine", "stays"}}),
                              passage());
  for (const char* name : {"Connection", "X-Secret", "Keep-Alive", "Upgrade", "Expect"}) {
    EXPECT_FALSE(head.headers.contains(name)) << name;
  }
  EXPECT_EQ(head.headers.find("X-Mine"), "stays");
}

TEST(Rewrite, ConnectionCannotTakeAwayWhatIsForTheTarget) {
  const char* all = "Host, Cookie, Content-Type, X-Forwarded-For, X-Amzn-Trace-Id, Authorization";
  const auto head = forwarded(request({{"Host", "h"},
                                       {"Cookie", "sid=1"},
                                       {"Content-Type", "a/b"},
                                       {"X-Forwarded-For", "9.9.9.9"},
                                       {"Authorization", "Basic x"},
                                       {"Connection", all}}),
                              passage());
  EXPECT_EQ(head.headers.find("Host"), "h:8080");
  EXPECT_EQ(head.headers.find("Cookie"), "sid=1");
  EXPECT_EQ(head.headers.find("Content-Type"), "a/b");
  EXPECT_EQ(head.headers.find("X-Forwarded-For"), "9.9.9.9, 127.0.0.9");
  EXPECT_EQ(head.headers.find("Authorization"), "Basic x");
  EXPECT_TRUE(head.headers.contains("X-Amzn-Trace-Id"));
  EXPECT_FALSE(head.headers.contains("Connection"));
  wire::http::ResponseHead answer;
  answer.headers.add("Connection", "Set-Cookie, Location, X-Hop");
  answer.headers.add("Set-Cookie", "a=b");
  answer.headers.add("Location", "/");
  answer.headers.add("X-Hop", "1");
  const auto back = returned(answer, 1);
  EXPECT_TRUE(back.headers.contains("Set-Cookie") && back.headers.contains("Location"));
  EXPECT_FALSE(back.headers.contains("X-Hop"));
}

wire::http::RequestHead websocket(std::string protocol) {
  auto head = request({{"Host", "h"},
                       {"Upgrade", std::move(protocol)},
                       {"Connection", "keep-alive, Upgrade"},
                       {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  head.upgrade = true;
  return head;
}

TEST(Rewrite, AWebSocketIsAskedForAnewOtherProtocolsAreNot) {
  const auto head = forwarded(websocket("WebSocket"), passage());
  EXPECT_TRUE(head.upgrade);
  EXPECT_EQ(head.headers.find("Upgrade"), "websocket");
  EXPECT_EQ(head.headers.find("Connection"), "Upgrade");
  EXPECT_TRUE(head.headers.contains("Sec-WebSocket-Key"));
  EXPECT_FALSE(opens_websocket(websocket("h2c")));
  const auto plain = forwarded(websocket("h2c"), passage());
  EXPECT_FALSE(plain.upgrade || plain.headers.contains("Upgrade") ||
               plain.headers.contains("Connection"));
  auto odd = websocket("websocket");
  odd.method = "POST";
  EXPECT_FALSE(opens_websocket(odd)) << "RFC 6455 4.1: the method is GET";
  odd = websocket("websocket");
  odd.body = wire::http::BodyKind::kChunked;
  EXPECT_FALSE(opens_websocket(odd)) << "a body would be taken for the first frames";
  odd = websocket("websocket");
  odd.headers.add("Upgrade", "h2c");
  EXPECT_FALSE(opens_websocket(odd)) << "it is open which of them the target would take";
}

TEST(Rewrite, ASwitchOfProtocolNeedsTheQuestion) {
  wire::http::ResponseHead answer;
  answer.status = 101;
  answer.upgrade = true;
  answer.body = wire::http::BodyKind::kNone;
  answer.headers.add("Upgrade", "websocket");
  EXPECT_TRUE(acceptable(answer, true));
  EXPECT_FALSE(acceptable(answer, false));
  const auto back = returned(answer, 1);
  EXPECT_EQ(back.headers.find("Connection"), "Upgrade");
  EXPECT_EQ(back.headers.find("Upgrade"), "websocket");
  answer.headers.set("Upgrade", "h2c");
  EXPECT_FALSE(acceptable(answer, true)) << "another protocol than the one asked for";
}

TEST(Rewrite, UserInformationOfATargetIsNotPassedOn) {
  auto absolute = request({{"Host", "other"}});
  absolute.target = "http://user:pass@shop.example/";
  EXPECT_EQ(forwarded(std::move(absolute), passage()).headers.find("Host"), "shop.example:8080");
}

TEST(Rewrite, TheAuthorityOfAnAbsoluteTargetWins) {
  auto absolute = request({{"Host", "other"}});
  absolute.target = "http://Shop.Example/a?b=c";
  const auto head = forwarded(std::move(absolute), passage());
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.headers.find("Host"), "shop.example:8080");
  auto old = request({});
  old.version_minor = 0;
  EXPECT_EQ(forwarded(std::move(old), passage()).headers.find("Host"), "127.20.0.1:8080");
}

TEST(Rewrite, TraceKeepsRootAndReplacesSelf) {
  EXPECT_EQ(trace_header("", "N"), "Root=N");
  EXPECT_EQ(trace_header("Root=R", "N"), "Self=N;Root=R");
  EXPECT_EQ(trace_header("Self=old;Root=R;Mine=1", "N"), "Self=N;Root=R;Mine=1");
  EXPECT_EQ(trace_header("Mine=1", "N"), "Root=N;Mine=1");
  EXPECT_EQ(trace_header(std::string(8000, 'x'), "N"), "Root=N");
  EXPECT_THAT(fresh_trace_id(0x67891233LL * 1000), StartsWith("1-67891233-"));
  EXPECT_EQ(fresh_trace_id(0).size(), 2U + 8 + 1 + 24);
}

TEST(Rewrite, RefusesWhatAnAlbRefuses) {
  EXPECT_EQ(refusal_of(request({{"Host", "h"}})), 0);
  EXPECT_EQ(refusal_of(request({})), 400);
  EXPECT_EQ(refusal_of(request({{"Host", "a"}, {"Host", "b"}})), 400);
  auto trace = request({{"Host", "h"}});
  trace.method = "TRACE";
  EXPECT_EQ(refusal_of(trace), 405);
  std::string path = "1.1.1.1";
  for (int i = 1; i < 30; ++i) path += ", 1.1.1.1";
  EXPECT_EQ(refusal_of(request({{"Host", "h"}, {"X-Forwarded-For", path}})), 0);
  EXPECT_EQ(refusal_of(request({{"Host", "h"}, {"X-Forwarded-For", path + ", 1.1.1.1"}})), 463);
}

TEST(Rewrite, FramesTheAnswerForTheClient) {
  using wire::http::BodyKind;
  wire::http::ResponseHead head;
  head.headers.add("Connection", "close");
  head.headers.add("ETag", "1");
  head.body = BodyKind::kUntilClose;
  EXPECT_EQ(returned(head, 1).body, BodyKind::kChunked);
  EXPECT_EQ(returned(head, 0).body, BodyKind::kUntilClose);
  EXPECT_FALSE(returned(head, 1).headers.contains("Connection"));
  EXPECT_TRUE(returned(head, 1).headers.contains("ETag"));
  head.body = BodyKind::kLength;
  EXPECT_EQ(returned(head, 0).body, BodyKind::kLength);
}

wire::http::Headers cookie_header(const std::string& text) {
  wire::http::Headers headers;
  headers.add("Cookie", text);
  return headers;
}

TEST(CookieBox, OtherNodesOfTheClusterReadItStrangersDoNot) {
  const std::string key(64, 'a');
  CookieBox one(key), other(key), stranger(std::string(64, 'b'));
  const int64_t now_ms = 1'700'000'000'000;
  wire::http::Headers response;
  one.add_cookies(response, "web-a1", now_ms);
  ASSERT_EQ(response.count("Set-Cookie"), 2U);
  const std::string first(response.begin()->value);
  EXPECT_THAT(first, StartsWith("AWSALB="));
  EXPECT_THAT(first, HasSubstr("Expires=Tue, 21 Nov 2023 22:13:20 GMT"));
  EXPECT_THAT(first, HasSubstr("Path=/"));
  EXPECT_THAT(first, Not(HasSubstr("Max-Age")));
  EXPECT_THAT(std::next(response.begin())->value, HasSubstr("SameSite=None"));
  EXPECT_THAT(std::next(response.begin())->value, HasSubstr("Secure"));

  const std::string pair = first.substr(0, first.find(';'));
  EXPECT_EQ(other.target_of(cookie_header("a=b; " + pair), now_ms + 1000, kDayMs), "web-a1");
  EXPECT_EQ(stranger.target_of(cookie_header(pair), now_ms, kDayMs), "");
  EXPECT_EQ(other.target_of(cookie_header(pair), now_ms + static_cast<int64_t>(kDayMs) + 1, kDayMs),
            "");
  EXPECT_EQ(other.target_of(cookie_header(pair + "x"), now_ms, kDayMs), "");
  EXPECT_EQ(other.target_of(cookie_header("AWSALB=%20"), now_ms, kDayMs), "");
  EXPECT_EQ(other.target_of(cookie_header("x=y"), now_ms, kDayMs), "");
}

TEST(CookieBox, TheCorsCookieCountsIfItIsValid) {
  CookieBox box("");
  Sticky sticky;
  sticky.target = "web-b1";
  const std::string good = box.seal(encode_sticky(sticky));
  EXPECT_EQ(box.target_of(cookie_header("AWSALB=junk; AWSALBCORS=" + good), 0, kDayMs), "web-b1");
  EXPECT_EQ(box.target_of(cookie_header("AWSALB=" + good + "; AWSALBCORS=junk"), 0, kDayMs),
            "web-b1")
      << "a broken one takes nothing away";
  EXPECT_EQ(box.target_of(cookie_header("AWSALB=junk; AWSALB=" + good), 0, kDayMs), "web-b1");
  sticky.target = "web-c1";
  const std::string other = box.seal(encode_sticky(sticky));
  EXPECT_EQ(box.target_of(cookie_header("AWSALB=" + good + "; AWSALBCORS=" + other), 0, kDayMs),
            "web-c1");
}

TEST(CookieBox, TheAppCookieCountsBesideTheTargetsOwn) {
  CookieBox box("");
  wire::http::Headers answer;
  box.add_app(answer, "web-b1", 0);
  ASSERT_EQ(answer.count("Set-Cookie"), 1U);
  const std::string set(*answer.find("Set-Cookie"));
  const std::string pair = set.substr(0, set.find(';'));
  EXPECT_THAT(pair, StartsWith("AWSALBAPP-0="));
  EXPECT_EQ(box.app_target_of(cookie_header("sid=1; " + pair), "sid", 0, kDayMs), "web-b1");
  EXPECT_EQ(box.app_target_of(cookie_header(pair), "sid", 0, kDayMs), "");
  EXPECT_EQ(box.app_target_of(cookie_header("SID=1; " + pair), "sid", 0, kDayMs), "");
  const std::string value = pair.substr(pair.find('=') + 1);
  EXPECT_EQ(box.target_of(cookie_header("AWSALB=" + value), 0, kDayMs), "app:web-b1")
      << "no target has such an id";
}

TEST(CookieBox, NoByteMayBeChanged) {
  CookieBox box("");
  const std::string sealed = box.seal("hello");
  EXPECT_EQ(box.open(sealed), "hello");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string forged = sealed;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(box.open(forged).value_or(""), "hello") << i;
  }
  EXPECT_FALSE(box.open(""));
  EXPECT_FALSE(box.open(std::string(5000, 'A')));
}

TEST(ErrorPage, LooksLikeAnAlbs) {
  const std::string page = error_answer(503, true, false, Executed::kNever);
  EXPECT_THAT(page, StartsWith("HTTP/1.1 503 Service Temporarily Unavailable\r\n"));
  EXPECT_THAT(page, HasSubstr("Server: awselb/2.0\r\n"));
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html\r\n"));
  EXPECT_THAT(page, HasSubstr("X-Not-Executed: 1\r\n"));
  EXPECT_THAT(page,
              HasSubstr("<html>\r\n<head><title>503 Service Temporarily Unavailable</title>"));
  EXPECT_THAT(error_answer(504, false, false, Executed::kMaybe), Not(HasSubstr("Not-Executed")));
  const std::string head = error_answer(502, false, true, Executed::kMaybe);
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: "));
}

TEST(AccessLine, HasTheFieldsInOrder) {
  AccessEntry entry;
  entry.created_wall_ms = 1'700'000'000'000;
  entry.created = 1 * kSecond;
  entry.dispatched = entry.created + kMillisecond;
  entry.answered = entry.created + 3 * kMillisecond;
  entry.ended = entry.created + 6 * kMillisecond;
  entry.client = *rt::parse_address("127.0.0.9:5555");
  entry.listener = *rt::parse_address("127.20.0.1:8080");
  entry.target = *rt::parse_address("127.20.1.21:8080");
  entry.elb_status = entry.target_status = 200;
  entry.received_bytes = 34;
  entry.sent_bytes = 366;
  entry.method = "GET";
  entry.uri = "/x\"y";
  entry.host = "shop.test";
  entry.user_agent = "curl/7";
  entry.trace = "Root=1-2-3";
  entry.rule_priority = 0;
  entry.action = "forward";
  entry.group = "web";
  EXPECT_EQ(
      access_line(entry, "app/shop/lb-a1"),
      "http 2023-11-14T22:13:20.006Z app/shop/lb-a1 127.0.0.9:5555 127.20.1.21:8080 "
      "0.001 0.002 0.003 200 200 34 366 \"GET http://shop.test:8080/x\\x22y HTTP/1.1\" \"curl/7\" "
      "- - targetgroup/web \"Root=1-2-3\" \"-\" \"-\" 0 2023-11-14T22:13:20.000Z "
      "\"forward\" \"-\" \"-\" \"127.20.1.21:8080\" \"200\" \"-\" \"-\"");
  tls::Facts facts;
  facts.version = "TLSv1.2";
  facts.cipher = "ECDHE-ECDSA-AES128-GCM-SHA256";
  facts.server_name = "shop\".test";
  entry.tls = &facts;
  const std::string secure = access_line(entry, "e");
  EXPECT_THAT(secure, StartsWith("https 2023-"));
  EXPECT_THAT(secure, HasSubstr("\"GET https://shop.test:8080/x\\x22y HTTP/1.1\" \"curl/7\" "
                                "ECDHE-ECDSA-AES128-GCM-SHA256 TLSv1.2 targetgroup/web "
                                "\"Root=1-2-3\" \"shop\\x22.test\" \"-\" 0 "));
  entry.tls = nullptr;
  entry.target = rt::Address();
  entry.target_status = 0;
  entry.dispatched = entry.answered = 0;
  entry.elb_status = 503;
  EXPECT_THAT(access_line(entry, "e"), HasSubstr(" - -1 -1 -1 503 - "));
}

}  // namespace
}  // namespace multiaz::lb
