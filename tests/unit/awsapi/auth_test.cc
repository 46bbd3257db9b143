// Authentication of awsapi: which requests are accepted, by signature, key and time.
#include "awsapi/auth.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/wire/sigv4.h"

namespace multiaz::awsapi {
namespace {

namespace sigv4 = wire::sigv4;

constexpr int64_t kNow = 1'790'000'000'000;

AuthRules rules() {
  AuthRules out;
  out.secret = "topsecret";
  return out;
}

struct Story {
  int64_t at_ms = kNow;
  std::string region = "us-east-1", service = "dynamodb", access_key = "multiaz",
              secret = "topsecret";
  std::vector<std::string> unsigned_names;  // sent, but left out of the signature
};

http::Request signed_request(const Story& story) {
  const std::string date = sigv4::date_text(story.at_ms);
  sigv4::Credentials who;
  who.access_key = story.access_key;
  who.secret = story.secret;
  who.region = story.region;
  who.service = story.service;
  const std::vector<std::pair<std::string, std::string>> all = {
      {"Host", "127.0.0.1:4566"},
      {"X-Amz-Date", date},
      {"X-Amz-Target", "DynamoDB_20120810.GetItem"}};
  sigv4::ToSign what;
  what.method = "POST";
  what.body = "{}";
  http::Request out;
  out.method = "POST";
  out.target = out.path = "/";
  out.body = "{}";
  for (const auto& [name, value] : all) {
    out.headers.add(name, value);
    bool left_out = false;
    for (const std::string& other : story.unsigned_names) left_out = left_out || other == name;
    if (!left_out) what.headers.emplace_back(name, value);
  }
  out.headers.add("Authorization", sigv4::authorization(who, what, date));
  return out;
}

std::string refusal(const http::Request& request, int64_t now = kNow) {
  const auto done = proven(rules(), request, now);
  return done ? "" : done.error().type + ": " + done.error().message;
}

TEST(Auth, WhoSignsAllThatMattersIsAnswered) {
  EXPECT_EQ(refusal(signed_request(Story())), "");
  EXPECT_TRUE(plausible(rules(), signed_request(Story()), kNow).ok());
}

TEST(Auth, ARequestIsGoodForFifteenMinutes) {
  constexpr int64_t kMinute = 60'000;
  for (const int64_t minutes : {-14, 0, 14}) {
    Story story;
    story.at_ms = kNow + minutes * kMinute;
    EXPECT_EQ(refusal(signed_request(story)), "") << minutes;
  }
  Story old, early, ancient;
  old.at_ms = kNow - 16 * kMinute;
  early.at_ms = kNow + 16 * kMinute;
  ancient.at_ms = 946'684'800'000;
  for (const Story& story : {old, ancient}) {
    const std::string why = refusal(signed_request(story));
    EXPECT_TRUE(why.starts_with("InvalidSignatureException: Signature expired: ")) << why;
    EXPECT_NE(why.find("- 15 min.)"), std::string::npos);
  }
  EXPECT_TRUE(refusal(signed_request(early))
                  .starts_with("InvalidSignatureException: Signature not yet current: "));
  EXPECT_NE(refusal(signed_request(Story()), kNow + 16 * kMinute), "") << "captured, sent again";
}

TEST(Auth, HostDateAndTargetMustBeSigned) {
  for (const auto& [name, lower] : {std::pair{"Host", "host"},
                                    {"X-Amz-Date", "x-amz-date"},
                                    {"X-Amz-Target", "x-amz-target"}}) {
    Story story;
    story.unsigned_names = {name};
    const std::string why = refusal(signed_request(story));
    EXPECT_NE(why.find("'" + std::string(lower) + "' must be a 'SignedHeader'"), std::string::npos)
        << why;
    EXPECT_FALSE(plausible(rules(), signed_request(story), kNow).ok())
        << "seen before a body is read";
  }
  http::Request other = signed_request(Story());
  other.headers.set("X-Amz-Target", "DynamoDB_20120810.DeleteItem");
  EXPECT_NE(refusal(other).find("does not match"), std::string::npos);
  other = signed_request(Story());
  other.body = "{ }";
  EXPECT_NE(refusal(other).find("does not match"), std::string::npos);
  other = signed_request(Story());
  other.headers.set("X-Amz-Security-Token", "more");
  EXPECT_NE(refusal(other).find("'x-amz-security-token' must be"), std::string::npos);
}

TEST(Auth, AnotherScopeIsRefusedByName) {
  Story region, service, key, secret;
  region.region = "r";
  service.service = "s3";
  key.access_key = "nobody";
  secret.secret = "guess";
  EXPECT_NE(refusal(signed_request(region)).find("valid region"), std::string::npos);
  EXPECT_NE(refusal(signed_request(service)).find("correct service: 'dynamodb'"),
            std::string::npos);
  EXPECT_TRUE(refusal(signed_request(key)).starts_with("UnrecognizedClientException"));
  EXPECT_NE(refusal(signed_request(secret)).find("does not match"), std::string::npos);
}

TEST(Auth, NonsenseIsRefusedAndCheap) {
  http::Request request = signed_request(Story());
  request.headers.set("Authorization", "");
  EXPECT_TRUE(refusal(request).starts_with("MissingAuthenticationTokenException"));
  request.headers.set("Authorization", "Basic eA==");
  EXPECT_TRUE(refusal(request).starts_with("IncompleteSignatureException"));
  std::string names = "host";
  for (int i = 0; i < 5000; ++i) names += ";h" + std::to_string(i);
  request.headers.set(
      "Authorization",
      "AWS4-HMAC-SHA256 Credential=multiaz/20260921/us-east-1/dynamodb/aws4_request, "
      "SignedHeaders=" +
          names + ", Signature=00");
  EXPECT_NE(refusal(request).find("at most 64"), std::string::npos) << refusal(request);
  for (const char* date : {"", "20260921", "20260230T000000Z", "2026-09-21T00:00:00Z"}) {
    request = signed_request(Story());
    request.headers.set("X-Amz-Date", date);
    EXPECT_TRUE(refusal(request).starts_with("IncompleteSignatureException")) << date;
  }
}

TEST(Auth, AnEmptySecretProvesNothing) {
  AuthRules none = rules();
  none.secret = "";
  Story story;
  story.secret = "";
  EXPECT_FALSE(proven(none, signed_request(story), kNow).ok());
  none.required = false;
  EXPECT_TRUE(proven(none, http::Request(), kNow).ok()) << "--no-auth";
}

}  // namespace
}  // namespace multiaz::awsapi
