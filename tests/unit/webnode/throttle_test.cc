// How often a client may try to log in and register, and which site's page sends a request.
#include <gtest/gtest.h>

#include "clients/pg_conn.h"
#include "webnode/shop/login_throttle.h"
#include "webnode/shop/registration_throttle.h"
#include "webnode/web/sender.h"

namespace multiaz::webnode {
namespace {

constexpr Nanos kStart = 1000 * kSecond;

TEST(LoginThrottle, AWindowEndsWhenItSaidItWould) {
  LocalAttempts attempts;
  for (int64_t i = 1; i <= 10; ++i) EXPECT_EQ(attempts.count("a", kStart), i);
  for (uint64_t s = 1; s < 60; ++s) EXPECT_GT(attempts.count("a", kStart + s * kSecond), 10);
  EXPECT_EQ(attempts.count("a", kStart + 60 * kSecond), 1) << "though it was tried all the time";
}

TEST(LoginThrottle, AKnownClientIsNotShutOutByOthers) {
  EXPECT_TRUE(login_admitted(kLoginAttemptsMax, kLoginAccountAttemptsMax, false));
  EXPECT_FALSE(login_admitted(1, kLoginAccountAttemptsMax + 1, false));
  EXPECT_TRUE(login_admitted(1, 1'000'000, true));
  EXPECT_FALSE(login_admitted(kLoginAttemptsMax + 1, 1, true));
}

int admitted(RegistrationThrottle& throttle, const std::string& client, int tries, Nanos now) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += throttle.admit(client, now) ? 1 : 0;
  return count;
}

TEST(RegistrationThrottle, HoldsEachClientAndAllTogether) {
  RegistrationLimits limits;
  limits.client_burst = 10;
  limits.client_per_s = 1;
  limits.all_burst = 25;
  limits.all_per_s = 2;
  RegistrationThrottle throttle(limits);
  EXPECT_EQ(admitted(throttle, "a", 100, kStart), 10);
  EXPECT_EQ(admitted(throttle, "b", 100, kStart), 10) << "others are not held to it";
  EXPECT_EQ(admitted(throttle, "c", 100, kStart), 5) << "but to what is left for all";
  EXPECT_EQ(admitted(throttle, "a", 100, kStart + 3 * kSecond), 3) << "and it comes back";
}

http::Request asked(const char* host, const char* origin, const char* site) {
  http::Request request;
  if (*host) request.headers.add("Host", host);
  if (*origin) request.headers.add("Origin", origin);
  if (*site) request.headers.add("Sec-Fetch-Site", site);
  return request;
}

TEST(Sender, IsOursByHostAndPortOnly) {
  struct {
    const char *host, *origin, *site;
    Sender sender;
  } const table[] = {
      {"shop:8080", "", "", Sender::kUnknown},
      {"shop:8080", "", "none", Sender::kUnknown},
      {"shop:8080", "", "same-origin", Sender::kOurs},
      {"shop:8080", "http://shop:8080", "", Sender::kOurs},
      {"Shop:8080", "http://SHOP:8080", "same-origin", Sender::kOurs},
      {"shop", "http://shop", "", Sender::kOurs},
      {"shop", "https://shop", "", Sender::kOurs},
      {"shop", "http://shop:80", "", Sender::kOurs},
      {"shop:8080", "http://shop:8081", "", Sender::kOthers},
      {"shop:8080", "http://shop", "", Sender::kOthers},
      {"shop:8080", "http://shop:8080.evil.example", "", Sender::kOthers},
      {"shop:8080", "http://evil.example/shop:8080", "", Sender::kOthers},
      {"shop:8080", "null", "", Sender::kOthers},
      {"", "http://shop", "", Sender::kOthers},
      {"shop:8080", "http://shop:8080", "cross-site", Sender::kOthers},
      {"shop:8080", "", "same-site", Sender::kOthers},
      {"shop:8080", "", "anything", Sender::kOthers},
  };
  for (const auto& one : table) {
    EXPECT_EQ(sender_of(asked(one.host, one.origin, one.site)), one.sender)
        << one.host << " " << one.origin << " " << one.site;
  }
}

TEST(Sender, TheClientIsWhatTheBalancerSaw) {
  http::Request request;
  request.headers.add("X-Forwarded-For", "1.1.1.1, 2.2.2.2 , 127.0.0.9");
  EXPECT_EQ(client_of(request, true), "127.0.0.9");
  EXPECT_EQ(client_of(request, false), request.peer.ip_text()) << "anybody may have written it";
}

TEST(PgConn, OnlyThisMachineGoesWithoutTls) {
  for (const char* local : {"postgresql://shop@127.0.0.1:5432/shop", "postgresql://localhost/shop",
                            "host=127.3.2.1 dbname=shop", "postgresql:///shop?host=/run/pg",
                            "postgresql://a:localhost@127.0.0.1/x"}) {
    EXPECT_TRUE(clients::is_local_database(local)) << local;
  }
  for (const char* far :
       {"postgresql://shop@localhost.evil.example/shop", "postgresql://u:localhost@db.example/shop",
        "postgresql://db.example/localhost", "postgresql://127.0.0.1.evil.example/shop",
        "postgresql://u@127.0.0.1,db.example/shop",
        "postgresql://10.0.0.5/shop?application_name=@127.", "nonsense://127.0.0.1"}) {
    EXPECT_FALSE(clients::is_local_database(far)) << far;
  }
}

}  // namespace
}  // namespace multiaz::webnode
