// Which peers a member of a group with a foreign engine believes: only those that have proven the
// cluster's key, their id and their incarnation.
#include "enginenode/link.h"

#include <gtest/gtest.h>

#include "base/rt/loop.h"
#include "base/rt/sync.h"

namespace multiaz::enginenode {
namespace {

using rt::Task;

const std::string kKey(64, 'a');
constexpr uint32_t kLoopback = 0x7f000001;

struct Peer {
  Peer(const std::string& id, const std::string& key, uint16_t port)
      : member(NodeId(id), Launch(1), replication::Timings(), monotonic_now()),
        link(
            config(id, key, port), member, relay, [] { return "life-1"; }, "/nowhere") {}
  static LinkConfig config(const std::string& id, const std::string& key, uint16_t port) {
    LinkConfig out;
    out.id = id;
    out.key_hex = key;
    out.cluster = "test";
    out.group = "cache";
    out.launch = Launch(1);
    out.self = rt::make_address(kLoopback, port);
    return out;
  }
  Member member;
  Relay relay;
  Link link;
};

// A free port of this machine: a listener had it and is gone when this returns.
uint16_t free_port() {
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
  CHECK(listener.ok());
  return (*listener)->address().port;
}

replication::LinkIdentity identity(const std::string& id, const std::string& key) {
  replication::LinkIdentity out;
  out.cluster = "test";
  out.group = "engine of cache";
  out.key_hex = key;
  out.self.id = NodeId(id);
  out.self.incarnation = Incarnation("life-2");
  out.launch = Launch(2);
  return out;
}

// Dials the link at `port` as `id`; returns the answer about a lease, or why the dialer is refused.
Task<std::string> ask(uint16_t port, std::string id, std::string key, std::string expected,
                      std::string question) {
  rt::ConnectOptions options;
  options.to = rt::make_address(kLoopback, port);
  auto conn = co_await rt::connect_tcp(options);
  if (!conn) co_return "no connection";
  const auto proven =
      co_await replication::greet_as_dialer(**conn, identity(id, key), NodeId(expected));
  if (!proven) co_return "refused: " + proven.error().detail;
  (*conn)->deadline_in_ms(2'000);
  (*conn)->send(question);
  auto answer = co_await read_line(**conn);
  co_return answer ? *answer : "closed";
}

Task<int> both_sides_prove() {
  const uint16_t port = free_port();
  Peer honest("cache-a1", kKey, port);
  rt::Nursery nursery;
  EXPECT_TRUE(honest.link.start(nursery).ok());
  // Any member may dial, also one with a greater id.
  EXPECT_EQ(co_await ask(port, "cache-b1", kKey, "cache-a1", "lease\nlease 5 7\n"), "yes 7");
  EXPECT_EQ(co_await ask(port, "cache-b1", kKey, "cache-c1", "lease\nlease 5 8\n"),
            "refused: \"cache-a1\" refused: it is not cache-c1");
  EXPECT_EQ(co_await ask(port, "cache-b1", std::string(64, 'b'), "cache-a1", "lease\n"),
            "refused: \"cache-a1\" refused: it does not prove the cluster key");
  for (const char* line : {"lease\nlease x 7\n", "lease\nlease 5\n", "lease\nlease 5 7 8\n",
                           "lease\nlease 99999999999999999999 7\n", "wish\n", "\n"}) {
    EXPECT_EQ(co_await ask(port, "cache-b1", kKey, "cache-a1", line), "closed") << line;
  }
  honest.link.close();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}
TEST(EngineLink, NothingIsAnsweredBeforeBothSidesHaveProvenWhoTheyAre) {
  EXPECT_EQ(rt::run(both_sides_prove()), 0);
}

// Plays a false member at a member's address: it sends the old greeting and a yes to every
// question, and keeps what it gets.
Task<void> lie(rt::Listener& listener, std::string& heard) {
  while (true) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    (*conn)->deadline_in_ms(300);
    (*conn)->send("multiaz-engine " + std::string(32, '0') + "\nyes 1\nyes 2\nyes 3\n");
    while ((co_await (*conn)->more()).ok()) {
      heard += std::string((*conn)->peek());
      (*conn)->consume((*conn)->peek().size());
    }
  }
}

Task<int> a_liar_hears_nothing() {
  const uint16_t port = free_port();
  const uint16_t liar_port = free_port();
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, liar_port));
  if (!listener) co_return 1;
  std::string heard;
  rt::Nursery nursery, liars;
  liars.spawn("liar", lie(**listener, heard));
  Peer honest("cache-a1", kKey, port);
  EXPECT_TRUE(honest.link.start(nursery).ok());
  const auto view = replication::restore_view(
      "3 primary=cache-b1/1 in_sync=cache-a1:life-1,cache-b1:life-9 learners=");
  CHECK(view.ok());
  honest.member.on_view(monotonic_now(), *view, true);
  honest.link.learn_members({{"cache-b1", rt::make_address(kLoopback, liar_port)}});
  // The engine's bytes, with its password among them, wait for a proof that never comes.
  auto door = rt::Listener::bind(rt::make_address(kLoopback, 0));
  if (!door) co_return 1;
  rt::ConnectOptions options;
  options.to = (*door)->address();
  auto engine = co_await rt::connect_tcp(options);
  auto inside = co_await (*door)->accept();
  if (!engine || !inside) co_return 1;
  (*engine)->send("AUTH the-secret-of-the-engine\r\n");
  co_await honest.link.carry(std::move(*inside));
  EXPECT_EQ(heard.find("the-secret-of-the-engine"), std::string::npos);
  EXPECT_EQ(heard.find("lease"), std::string::npos);
  EXPECT_FALSE(honest.member.serving(monotonic_now()));
  (*listener)->close();
  honest.link.close();
  nursery.stop();
  co_await liars.join();
  co_await nursery.join();
  co_return 0;
}
TEST(EngineLink, AMemberThatCannotProveItselfHearsNoSecretAndGivesNoLease) {
  EXPECT_EQ(rt::run(a_liar_hears_nothing()), 0);
}

}  // namespace
}  // namespace multiaz::enginenode
