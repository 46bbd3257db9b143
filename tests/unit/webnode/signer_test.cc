#include "webnode/shop/signer.h"

#include <gtest/gtest.h>

namespace multiaz::webnode {
namespace {

TEST(Signer, ACookieOfOursIsRecognisedByAllWhoShareTheKey) {
  const Signer here("key");
  const Signer there("key");
  const std::string id = Signer::new_session_id();
  EXPECT_EQ(id.size(), kSessionIdHexDigits);
  EXPECT_EQ(there.session_of(here.cookie_value(id)), id);
  EXPECT_NE(Signer::new_session_id(), id);
}

TEST(Signer, EveryChangedByteIsRefused) {
  const Signer signer("key");
  const std::string good = signer.cookie_value("0123456789abcdef0123456789abcdef");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(signer.session_of(bad)) << i;
  }
  for (const std::string& bad : {std::string(), good + "x", good.substr(0, good.size() - 1),
                                 good.substr(0, 32), good.substr(0, 33), std::string(".")}) {
    EXPECT_FALSE(signer.session_of(bad)) << bad;
  }
  EXPECT_FALSE(Signer("other key").session_of(good));
}

TEST(Signer, TheCookieFormatIsFixed) {
  // Instances of two releases share cookies during a rolling update.
  EXPECT_EQ(Signer("golden").cookie_value("00112233445566778899aabbccddeeff"),
            "00112233445566778899aabbccddeeff.ZW3JDL8OWYgLhHI2YhpqBGunhOMt3H0i0_m6TN2v6RA");
}

TEST(Signer, FormTokensBelongToOneSessionAndAreNoCookies) {
  const Signer signer("key");
  const std::string token = signer.form_token("a");
  EXPECT_TRUE(signer.form_token_ok("a", token));
  EXPECT_FALSE(signer.form_token_ok("b", token));
  EXPECT_FALSE(signer.form_token_ok("a", ""));
  EXPECT_EQ(signer.cookie_value("a").find(token), std::string::npos);
}

}  // namespace
}  // namespace multiaz::webnode
