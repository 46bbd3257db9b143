// Which action a request gets: patterns, conditions, priorities, weights, redirects.
#include "base/elb/rules.h"

#include <gtest/gtest.h>

#include <map>

#include "base/core/random.h"
#include "base/elb/pattern.h"
#include "base/elb/read_document.h"
#include "base/elb/redirect.h"

namespace multiaz::elb {
namespace {

constexpr uint32_t kLoopback = 0x7f000001;

// --- patterns

TEST(Pattern, AStarIsAnythingAndAQuestionMarkIsOneCharacter) {
  const auto fits = [](std::string_view pattern, std::string_view text) {
    return matches(pattern, text, Case::kSensitive);
  };
  EXPECT_TRUE(fits("/img/*", "/img/"));
  EXPECT_TRUE(fits("/img/*", "/img/a/b.png"));
  EXPECT_FALSE(fits("/img/*", "/img"));
  EXPECT_TRUE(fits("/*/pics/*.png", "/a/pics/pics/x.png"));
  EXPECT_FALSE(fits("/*/pics/*.png", "/a/pics/x.jpg"));
  EXPECT_TRUE(fits("?", "x"));
  EXPECT_FALSE(fits("?", ""));
  EXPECT_FALSE(fits("?", "xy"));
  EXPECT_TRUE(fits("", ""));
  EXPECT_FALSE(fits("", "x"));
  EXPECT_TRUE(fits("**", ""));
  EXPECT_TRUE(fits("a*b?c", "axxbxbyc"));
}

TEST(Pattern, TheCaseCountsWhereTheFieldSaysSo) {
  EXPECT_FALSE(matches("/IMG", "/img", Case::kSensitive));
  EXPECT_TRUE(matches("*.EXAMPLE.com", "www.example.COM", Case::kInsensitive));
}

TEST(Pattern, ABackslashMakesAWildcardAnOrdinaryCharacter) {
  const auto fits = [](std::string_view pattern, std::string_view text) {
    return matches(pattern, text, Case::kInsensitive, Escape::kBackslash);
  };
  EXPECT_TRUE(fits(R"(a\*b)", "a*b"));
  EXPECT_FALSE(fits(R"(a\*b)", "axb"));
  EXPECT_TRUE(fits(R"(\?*)", "?anything"));
  EXPECT_TRUE(fits(R"(a\)", R"(a\)"));
  EXPECT_EQ(wildcards_in(R"(\**?)", Escape::kBackslash), 2U);
  EXPECT_EQ(wildcards_in(R"(\**?)"), 3U);
}

// The plain recursive definition, which takes exponential time.
bool fits_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return fits_slowly(pattern.substr(1), text) ||
           (!text.empty() && fits_slowly(pattern, text.substr(1)));
  }
  if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front())) return false;
  return fits_slowly(pattern.substr(1), text.substr(1));
}

TEST(Pattern, AgreesWithThePlainDefinition) {
  Random random(4711);
  for (int i = 0; i < 20'000; ++i) {
    std::string pattern, text;
    for (uint64_t n = random.below(7); n > 0; --n) pattern.push_back("ab*?"[random.below(4)]);
    for (uint64_t n = random.below(8); n > 0; --n) text.push_back("ab"[random.below(2)]);
    ASSERT_EQ(matches(pattern, text, Case::kSensitive), fits_slowly(pattern, text))
        << pattern << " on " << text;
  }
}

TEST(Pattern, ManyStarsOnALongTextTakeNoTime) {
  const std::string text(16'000, 'a');
  EXPECT_FALSE(matches("*a*a*a*a*a*b", text, Case::kInsensitive));
}

// --- conditions

wire::http::RequestHead head_of(std::string method, std::string target, std::string host) {
  wire::http::RequestHead out;
  out.method = std::move(method);
  out.target = std::move(target);
  out.headers.add("Host", host);
  return out;
}

Condition condition_of(Field field, std::vector<std::string> values) {
  Condition out;
  out.field = field;
  out.values = std::move(values);
  return out;
}

bool hold(const Condition& condition, const wire::http::RequestHead& head,
          uint32_t client = kLoopback) {
  return holds(condition, facts_of(head, client));
}

TEST(Condition, AHostIsComparedWithoutItsPortAndWhateverItsCase) {
  const Condition condition = condition_of(Field::kHostHeader, {"*.example.com", "shop.test"});
  EXPECT_TRUE(hold(condition, head_of("GET", "/", "WWW.example.com:8080")));
  EXPECT_TRUE(hold(condition, head_of("GET", "/", "shop.test")));
  EXPECT_FALSE(hold(condition, head_of("GET", "/", "example.com")));
  EXPECT_TRUE(hold(condition, head_of("GET", "http://u@shop.test/x", "other.test")))
      << "the authority of the target counts in place of Host";
}

TEST(Condition, APathIsComparedWithoutItsQueryAndWithItsCase) {
  const Condition condition = condition_of(Field::kPathPattern, {"/api/*"});
  EXPECT_TRUE(hold(condition, head_of("GET", "/api/carts?x=/", "h")));
  EXPECT_FALSE(hold(condition, head_of("GET", "/API/carts", "h")));
  EXPECT_FALSE(hold(condition, head_of("GET", "/?p=/api/x", "h")));
  EXPECT_TRUE(hold(condition_of(Field::kPathPattern, {"/"}), head_of("GET", "http://h", "h")));
}

TEST(Condition, AnyHeaderOfTheNameMayMatch) {
  Condition condition = condition_of(Field::kHttpHeader, {"*chrome*"});
  condition.header = "User-Agent";
  auto head = head_of("GET", "/", "h");
  EXPECT_FALSE(hold(condition, head));
  head.headers.add("user-agent", "curl/8");
  head.headers.add("USER-AGENT", "Mozilla Chrome/120");
  EXPECT_TRUE(hold(condition, head));
}

TEST(Condition, AMethodIsComparedAsItIs) {
  const Condition condition = condition_of(Field::kMethod, {"POST", "PUT"});
  EXPECT_TRUE(hold(condition, head_of("PUT", "/", "h")));
  EXPECT_FALSE(hold(condition, head_of("GET", "/", "h")));
}

TEST(Condition, OnePairOfTheQueryIsEnough) {
  Condition condition;
  condition.field = Field::kQueryString;
  condition.query = {{"version", "v1"}, {"", "*example*"}};
  EXPECT_TRUE(hold(condition, head_of("GET", "/?a=b&VERSION=V1", "h")));
  EXPECT_TRUE(hold(condition, head_of("GET", "/?any=an-example-of", "h"))) << "any key";
  EXPECT_FALSE(hold(condition, head_of("GET", "/?version=v2", "h")));
  EXPECT_FALSE(hold(condition, head_of("GET", "/", "h")));
}

TEST(Condition, TheSourceIsTheConnectionsAndNotAHeader) {
  Condition condition = condition_of(Field::kSourceIp, {"10.1.0.0/16"});
  condition.sources.push_back(*sg::parse_cidr("10.1.0.0/16"));
  auto head = head_of("GET", "/", "h");
  head.headers.add("X-Forwarded-For", "10.1.2.3");
  EXPECT_FALSE(hold(condition, head));
  EXPECT_TRUE(hold(condition, head, 0x0a010203));
}

// --- rules

Document document_of(std::string_view text) {
  Defaults defaults = defaults_for_profile("fast");
  defaults.own_port = 8080;
  Reading reading = read_document(text, defaults);
  EXPECT_EQ(text_of(reading.mistakes), "");
  return std::move(reading.document);
}

int priority_for(const Document& document, uint16_t port, const std::string& target) {
  const auto head = head_of("GET", target, "h");
  return decide(document, port, facts_of(head, kLoopback)).priority;
}

constexpr std::string_view kTwoListeners = R"({
  "Listeners": [
    {"Port": 8080, "DefaultActions": [{"Type": "forward", "TargetGroupName": "web"}]},
    {"Port": 9090, "DefaultActions": [{"Type": "fixed-response",
       "FixedResponseConfig": {"StatusCode": "404"}}]}],
  "Rules": [
    {"Priority": 20, "Conditions": [{"Field": "path-pattern",
       "PathPatternConfig": {"Values": ["/a*"]}}],
     "Actions": [{"Type": "forward", "TargetGroupName": "web"}]},
    {"Priority": 10, "Conditions": [
       {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/ab*"]}},
       {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}}],
     "Actions": [{"Type": "forward", "TargetGroupName": "web"}]},
    {"Priority": 10, "ListenerPort": 9090, "Conditions": [{"Field": "path-pattern",
       "PathPatternConfig": {"Values": ["/x"]}}],
     "Actions": [{"Type": "forward", "TargetGroupName": "web"}]}]})";

TEST(Rules, TheLowestPriorityThatMatchesDecidesAndTheDefaultIsLast) {
  const Document document = document_of(kTwoListeners);
  EXPECT_EQ(priority_for(document, 8080, "/abc"), 10);
  EXPECT_EQ(priority_for(document, 8080, "/acc"), 20);
  EXPECT_EQ(priority_for(document, 8080, "/x"), 0);
}

TEST(Rules, EachListenerHasItsOwn) {
  const Document document = document_of(kTwoListeners);
  EXPECT_EQ(priority_for(document, 9090, "/x"), 10);
  EXPECT_EQ(priority_for(document, 9090, "/abc"), 0);
  const auto head = head_of("GET", "/", "h");
  const Decision decision = decide(document, 9090, facts_of(head, kLoopback));
  EXPECT_EQ(std::get<FixedResponse>(*decision.action).status, 404);
  EXPECT_EQ(priority_for(document, 8081, "/abc"), 10) << "a port without listener is the node's";
}

// --- weights

TEST(Weights, AGroupGetsItsShare) {
  Forward forward;
  forward.groups = {{"blue", 9}, {"green", 1}, {"gone", 0}};
  std::map<std::string, int> got;
  for (uint64_t draw = 0; draw < 1000; ++draw) ++got[choose_group(forward, "", draw)->name];
  EXPECT_EQ(got, (std::map<std::string, int>{{"blue", 900}, {"green", 100}}));
}

TEST(Weights, AStickyClientKeepsItsGroupWhileItHasAWeight) {
  Forward forward;
  forward.groups = {{"blue", 9}, {"green", 1}, {"gone", 0}};
  EXPECT_EQ(choose_group(forward, "green", 0)->name, "green");
  EXPECT_EQ(choose_group(forward, "gone", 0)->name, "blue");
  EXPECT_EQ(choose_group(forward, "unknown", 0)->name, "blue");
  forward.groups = {{"blue", 0}};
  EXPECT_EQ(choose_group(forward, "blue", 0), nullptr);
}

// --- redirects

std::string location(const Redirect& redirect, const std::string& target) {
  const auto head = head_of("GET", target, "Shop.test:8080");
  const auto made = location_of(redirect, facts_of(head, kLoopback), "http", 8080);
  return made ? *made : made.error().text();
}

TEST(RedirectAction, PlaceholdersAreTheRequests) {
  Redirect redirect;
  redirect.protocol = "HTTPS";
  redirect.port = "443";
  EXPECT_EQ(location(redirect, "/a/b?x=1"), "https://Shop.test:443/a/b?x=1");
  EXPECT_EQ(location(redirect, "/"), "https://Shop.test:443/");
  redirect.path = "/old/#{path}/#{host}";
  redirect.query = "from=#{protocol}&#{query}&#{nothing}";
  EXPECT_EQ(location(redirect, "/a?x=1"),
            "https://Shop.test:443/old/a/Shop.test?from=http&x=1&#{nothing}");
}

TEST(RedirectAction, ATooLongUrlIsRefused) {
  const auto head = head_of("GET", "/" + std::string(9000, 'x'), "h");
  const auto made = location_of(Redirect(), facts_of(head, kLoopback), "http", 80);
  EXPECT_EQ(made.error().code, Code::kLimit);
}

TEST(RedirectAction, ABlankOfTheHostReachesNoHeader) {
  const auto head = head_of("GET", "/", "a b");
  const auto made = location_of(Redirect(), facts_of(head, kLoopback), "http", 80);
  EXPECT_EQ(made.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace multiaz::elb
