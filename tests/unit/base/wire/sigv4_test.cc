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

// Facts from the same suite: the canonical request, and the signature.
struct Published {
  const char *name, *method, *query;
  std::vector<std::pair<std::string, std::string>> headers;
  const char *body, *signature;
};
const Published kPublished[] = {
    {"post-vanilla",
     "POST",
     "",
     {},
     "",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
    {"get-vanilla-query-order-key-case",
     "GET",
     "Param2=value2&Param1=value1",
     {},
     "",
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-header-value-trim",
     "GET",
     "",
     {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
     "",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"post-x-www-form-urlencoded",
     "POST",
     "",
     {{"Content-Type", "application/x-www-form-urlencoded"}},
     "Param1=value1",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

TEST(SigV4, SignsAsInThePublishedSuite) {
  for (const Published& one : kPublished) {
    ToSign what = vanilla();
    what.method = one.method;
    what.query = one.query;
    what.body = one.body;
    for (const auto& header : one.headers) what.headers.push_back(header);
    const std::string text = authorization(example(), what, "20150830T123600Z");
    EXPECT_TRUE(text.ends_with(std::string("Signature=") + one.signature)) << one.name;
    const auto claim = parse_claim(text);
    ASSERT_TRUE(claim.ok());
    EXPECT_TRUE(fits(*claim, example().secret, what, "20150830T123600Z")) << one.name;
  }
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
  EXPECT_EQ(*parse_date("20150830T123600Z"), 1'440'938'160'000);
  for (const char* bad : {"", "20150830", "20150830T123600", "20150230T123600Z", "x0150830T123600Z",
                          "20150830T123600+", "20151330T123600Z"}) {
    EXPECT_FALSE(parse_date(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace multiaz::wire::sigv4
