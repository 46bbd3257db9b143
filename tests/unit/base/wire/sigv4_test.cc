#include "base/wire/sigv4.h"

#include <gtest/gtest.h>

namespace multiaz::wire::sigv4 {
namespace {

// "get-vanilla" of AWS's published test suite for Signature Version 4.
Credentials example() {
  return {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"};
}

ToSign vanilla() {
  ToSign what;
  what.method = "GET";
  what.headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}};
  return what;
}

TEST(SigV4, SignsAsInThePublishedExample) {
  EXPECT_EQ(authorization(example(), vanilla(), "20150830T123600Z"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4, ChecksWhatItSigned) {
  const std::string text = authorization(example(), vanilla(), "20150830T123600Z");
  const auto claim = parse_claim(text);
  ASSERT_TRUE(claim.ok());
  EXPECT_EQ(claim->access_key, "AKIDEXAMPLE");
  const std::string secret = example().secret;
  EXPECT_TRUE(fits(*claim, secret, vanilla(), "20150830T123600Z"));
  EXPECT_FALSE(fits(*claim, "another", vanilla(), "20150830T123600Z"));
  EXPECT_FALSE(fits(*claim, secret, vanilla(), "20150831T123600Z"));
  ToSign changed = vanilla();
  changed.body = "x";
  EXPECT_FALSE(fits(*claim, secret, changed, "20150830T123600Z"));
  changed = vanilla();
  changed.headers[0].second = "other.amazonaws.com";
  EXPECT_FALSE(fits(*claim, secret, changed, "20150830T123600Z"));
}

TEST(SigV4, AnythingElseIsNoClaim) {
  for (const char* bad : {"", "Bearer x", "AWS4-HMAC-SHA256 Credential=a/b/c, Signature=1",
                          "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host"}) {
    EXPECT_FALSE(parse_claim(bad).ok()) << bad;
  }
}

TEST(SigV4, DatesAreUtc) {
  EXPECT_EQ(date_text(1'440'938'160'000), "20150830T123600Z");
}

}  // namespace
}  // namespace multiaz::wire::sigv4
