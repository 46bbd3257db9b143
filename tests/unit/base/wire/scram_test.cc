#include "base/wire/scram.h"

#include <gtest/gtest.h>

namespace multiaz::wire {
namespace {

// The example of RFC 7677, section 3.
constexpr std::string_view kClientNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view kSalt =
    "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
constexpr std::string_view kClientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr std::string_view kClientFinal =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

ScramServer server_for(std::string_view password) {
  return ScramServer(make_scram_verifier(password, std::string(kSalt)), std::string(kServerNonce));
}

TEST(Scram, FollowsTheExampleOfTheRfcAsServer) {
  auto server = server_for("pencil");
  auto first = server.on_first(kClientFirst);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, kServerFirst);
  EXPECT_EQ(server.user(), "user");
  auto final = server.on_final(kClientFinal);
  ASSERT_TRUE(final.ok()) << final.error().text();
  EXPECT_EQ(*final, kServerFinal);
}

TEST(Scram, FollowsTheExampleOfTheRfcAsClient) {
  ScramClient client("user", "pencil", std::string(kClientNonce));
  EXPECT_EQ(client.first(), kClientFirst);
  auto final = client.on_server_first(kServerFirst);
  ASSERT_TRUE(final.ok());
  EXPECT_EQ(*final, kClientFinal);
  EXPECT_TRUE(client.on_server_final(kServerFinal).ok());
  EXPECT_FALSE(client.on_server_final("v=AAAA").ok());
  EXPECT_FALSE(client.on_server_final("e=other-error").ok());
}

TEST(Scram, DeniesAnotherPassword) {
  auto server = server_for("pen");
  ASSERT_TRUE(server.on_first(kClientFirst).ok());
  EXPECT_EQ(server.on_final(kClientFinal).error().code, Code::kDenied);
}

TEST(Scram, AnswersEachStepOnceAndNothingAfterAMistake) {
  auto early = server_for("pencil");
  EXPECT_FALSE(early.on_final(kClientFinal).ok());
  EXPECT_FALSE(early.on_first(kClientFirst).ok());
  auto twice = server_for("pencil");
  ASSERT_TRUE(twice.on_first(kClientFirst).ok());
  EXPECT_FALSE(twice.on_first(kClientFirst).ok());
  EXPECT_FALSE(twice.on_final(kClientFinal).ok());
}

TEST(Scram, TakesWhatLibpqSends) {
  auto server = server_for("pencil");
  EXPECT_TRUE(server.on_first("y,,n=,r=abc").ok()) << "no name; binding offered but not used";
  EXPECT_EQ(server.user(), "");
  auto odd = server_for("pencil");
  ASSERT_TRUE(odd.on_first("n,,n=a=2Cb=3Dc,r=abc").ok());
  EXPECT_EQ(odd.user(), "a,b=c");
}

TEST(Scram, RefusesMalformedFirstMessages) {
  for (const auto* message :
       {"", "n", "n,", "n,,", "n,,n=user", "n,,r=abc,n=user", "n,,n=user,r=", "n,,n=us=er,r=abc",
        "p=tls-unique,,n=user,r=abc", "n,a=other,n=user,r=abc", "n,,m=ext,n=user,r=abc",
        "x,,n=,r=a", "n,,n=user,r=a b", "n,,n=user,r=a\x01"}) {
    auto server = server_for("pencil");
    EXPECT_FALSE(server.on_first(message).ok()) << message;
  }
  auto server = server_for("pencil");
  EXPECT_FALSE(server.on_first("n,,n=user,r=" + std::string(kScramMessageBytesMax, 'a')).ok());
}

TEST(Scram, RefusesMalformedFinalMessages) {
  const std::string nonce = std::string(kClientNonce) + std::string(kServerNonce);
  const std::string proof = ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  for (const auto& message : {std::string(), "c=biws,r=" + nonce, "c=biws,r=other" + proof,
                              "c=eSws,r=" + nonce + proof, "r=" + nonce + ",c=biws" + proof,
                              "c=biws,r=" + nonce + ",p=", "c=biws,r=" + nonce + ",p=AAAA",
                              "c=biws,r=" + nonce + ",p=!!!", "c=!,r=" + nonce + proof}) {
    auto server = server_for("pencil");
    ASSERT_TRUE(server.on_first(kClientFirst).ok());
    auto final = server.on_final(message);
    ASSERT_FALSE(final.ok()) << message;
    EXPECT_EQ(final.error().code, Code::kInvalid) << message;
  }
}

TEST(Scram, ClientRefusesServersThatCheat) {
  for (const auto* message :
       {"", "r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "r=otherotherother,s=W22Z,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=0", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=2000000000",
        "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=1x"}) {
    ScramClient client("user", "pencil", std::string(kClientNonce));
    EXPECT_FALSE(client.on_server_first(message).ok()) << message;
  }
}

}  // namespace
}  // namespace multiaz::wire
