// A balancer without descriptors reports it and judges no target by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/lb/node_support.h"

namespace multiaz::lb {
namespace {

using ::testing::HasSubstr;

// While an object of this class lives, this process cannot open another descriptor, not even in
// place of a closed one. gtest must not check anything meanwhile: the sanitizers need a descriptor
// of their own.
class NoDescriptors {
 public:
  NoDescriptors() {
    CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = 0;
    CHECK(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

rt::Task<std::unique_ptr<rt::Conn>> dial(rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  auto conn = co_await rt::connect_tcp(options);
  CHECK(conn.ok());
  co_return std::move(*conn);
}

rt::Task<std::string> answer_to_get(rt::Conn& conn) {
  conn.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  conn.deadline_in_ms(5'000);
  std::string seen;
  while (seen.find("\r\n\r\n") == std::string::npos) {
    seen.append(conn.peek());
    conn.consume(conn.peek().size());
    if (seen.find("\r\n\r\n") != std::string::npos) break;
    const Status more = co_await conn.more();
    if (!more) break;
  }
  conn.clear_deadline();
  co_await rt::sleep_ms(1);
  conn.consume(conn.peek().size());
  co_return seen;
}

rt::Task<void> run_out(Scene& scene) {
  auto client = co_await dial(scene.address);
  while (scene.node.status().counters.at("active_connections") == 0) co_await rt::sleep_ms(1);
  std::string refused;
  size_t healthy = 0;
  {
    const NoDescriptors none;
    refused = co_await answer_to_get(*client);
    co_await rt::sleep_ms(100);  // ten health checks
    healthy = scene.node.backends().group().healthy_count();
  }
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("X-Not-Executed: 1"));
  EXPECT_EQ(healthy, 2U);
  for (const auto& [id, target] : scene.node.backends().group().targets()) {
    EXPECT_FALSE(target.state.suspected()) << id;
  }
  const std::string served = co_await answer_to_get(*client);
  EXPECT_THAT(served, HasSubstr("HTTP/1.1 200 "));
  EXPECT_EQ(scene.node.status().counters.at("target_connect_errors"), 0U);
}

TEST(Shortage, OfOurOwnIsNobodyElsesFault) {
  EXPECT_EQ(rt::run(play(quick(), run_out)), 0);
}

}  // namespace
}  // namespace multiaz::lb
