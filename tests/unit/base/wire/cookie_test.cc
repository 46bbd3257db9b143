#include "base/wire/cookie.h"

#include <gtest/gtest.h>

#include <optional>

namespace multiaz::wire {
namespace {

TEST(Cookies, AreReadLeniently) {
  const auto cookies = parse_cookies("a=1;b = 2 ; bad; =x; c=x=y;;d=\"q\"");
  const std::vector<Cookie> expected = {{"a", "1"}, {"b", "2"}, {"c", "x=y"}, {"d", "\"q\""}};
  EXPECT_EQ(cookies, expected);
  EXPECT_EQ(find_cookie("a=1; b=2; b=3", "b"), "2");
  EXPECT_EQ(find_cookie("a=1; b=2", "B"), std::nullopt);
  EXPECT_EQ(find_cookie("", "a"), std::nullopt);
}

TEST(Cookies, AreLimited) {
  std::string many;
  for (size_t i = 0; i < 2 * kCookiesMax; ++i) many += "a=1;";
  EXPECT_EQ(parse_cookies(many).size(), kCookiesMax);
}

TEST(SetCookie, IsWrittenWithItsAttributes) {
  SetCookie cookie{"sid", "abc"};
  EXPECT_EQ(write_set_cookie(cookie), "sid=abc; Path=/");
  cookie.max_age_s = 3600;
  cookie.expires = "Thu, 01 Jan 2037 00:00:00 GMT";
  cookie.http_only = cookie.secure = true;
  cookie.same_site = SameSite::kLax;
  const auto text = write_set_cookie(cookie);
  EXPECT_EQ(text,
            "sid=abc; Path=/; Max-Age=3600; Expires=Thu, 01 Jan 2037 00:00:00 GMT; HttpOnly; "
            "Secure; SameSite=Lax");
  EXPECT_EQ(parse_set_cookie(text).value(), cookie);
}

TEST(SetCookie, IsReadByClients) {
  const auto cookie = parse_set_cookie("AWSALB=x+/=; expires=now; path=/; unknown; max-age=zz");
  ASSERT_TRUE(cookie.ok());
  EXPECT_EQ(cookie->value, "x+/=");
  EXPECT_EQ(cookie->expires, "now");
  EXPECT_FALSE(cookie->max_age_s.has_value());
  for (const auto* text : {"", "novalue", "=x", "a b=c"})
    EXPECT_FALSE(parse_set_cookie(text).ok()) << text;
}

TEST(SetCookie, OnlyTakesValuesThatStayInTheirPlace) {
  EXPECT_TRUE(is_cookie_value("abc-_.~!%+/="));
  for (const auto* text : {"a b", "a;b", "a,b", "a\"b", "a\\b", "a\r\nb", "\x7f", "\xc3\xa9"})
    EXPECT_FALSE(is_cookie_value(text)) << text;
}

}  // namespace
}  // namespace multiaz::wire
