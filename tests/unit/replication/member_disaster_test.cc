// Lasting trouble: a damaged disk, untrusted clients, and many faults in a row.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <set>

#include "replication/links.h"
#include "replication/member.h"
#include "tests/unit/replication/member_cluster.h"

namespace multiaz::replication {
namespace {

// Flips a byte in the middle of a file of this member.
void damage(const Node& node, std::string_view file, std::streamoff at) {
  std::fstream out(node.folder + "/" + std::string(file),
                   std::ios::in | std::ios::out | std::ios::binary);
  CHECK(out.good());
  out.seekp(at);
  out.put('!');
}

rt::Task<void> damaged_disk(Cluster& cluster, Node& primary) {
  Node& other = *cluster.others(primary)[0];
  std::vector<std::string> all;
  for (int i = 0; i < 50; ++i) {
    all.push_back("entry " + std::to_string(i));
    APPEND(primary, all.back());
    co_await rt::sleep_ms(1);
  }
  const auto everywhere = [&] { return cluster.everybody_has(all); };
  WAIT_FOR(everywhere);
  const Incarnation before = other.member->incarnation();
  co_await cluster.kill(other);
  damage(other, "log-00000000000000000001", 300);
  co_await cluster.start(other);
  EXPECT_TRUE(other.had_event("storage-damaged"));
  EXPECT_TRUE(other.had_event("at offset"));
  EXPECT_NE(other.member->incarnation(), before);
  const auto healed = [&] { return cluster.in_sync() == 3 && cluster.everybody_has(all); };
  WAIT_FOR(healed);
}
TEST(MemberDisaster, ADamagedDiskIsSetAsideAndFilledFromTheOthers) {
  ClusterOptions options;
  options.durability = Durability::kOs;
  run_scenario(options, damaged_disk);
}

rt::Task<void> run_until(Member* member, rt::Stop* stop) {
  const Status ended = co_await member->run(*stop);
  EXPECT_TRUE(ended.ok());
}

// A peer with another key, cluster or group gets no link, and both sides report the reason.
rt::Task<void> strangers(Cluster& cluster, Node&) {
  Node& last = cluster.node(2);
  Node stranger;
  stranger.id = NodeId("a-stranger");
  stranger.launch = Launch(1);
  stranger.address = *rt::parse_address("127.77.9.9", 0);
  const char* const expected[] = {"cluster key", "cluster \"other\"", "group \"other\""};
  for (int i = 0; i < 3; ++i) {
    MemberConfig config = cluster.config(stranger);
    if (i == 0) config.key_hex = std::string(64, '8');
    if (i == 1) config.cluster = "other";
    if (i == 2) config.group = "other";
    MemberHooks hooks;
    hooks.event = [&stranger](const std::string& kind, const std::string& text) {
      stranger.events.push_back(kind + ": " + text);
    };
    auto member = Member::open(config, stranger.machine, hooks);
    REQUIRE_THAT(member);
    wire::ViewUpdate update;
    update.group = config.group;
    update.view = "1 primary=a-stranger/1 in_sync=a-stranger:" + (*member)->incarnation().raw +
                  " learners=" + last.id.raw;
    wire::MemberInfo info;
    info.id = last.id.raw;
    info.address = last.address.ip_text();
    info.port = last.address.port;
    update.members.push_back(info);
    (*member)->on_view(update);
    rt::Stop stop;
    rt::Nursery nursery;
    last.events.clear();
    stranger.events.clear();
    nursery.spawn("stranger", run_until(member->get(), &stop));
    const auto said = [&] {
      return last.had_event("link-refused") && last.had_event(expected[i]) &&
             stranger.had_event("link-refused");
    };
    const bool both_said = co_await until(said);
    EXPECT_TRUE(both_said) << expected[i];
    stop.request();
    co_await nursery.join();
  }
}
TEST(MemberDisaster, StrangersAreRefusedWithTheReason) {
  run_scenario(ClusterOptions(), strangers);
}

// Any process of this machine can connect and send nothing, again and again.
rt::Task<void> hold_a_place(rt::Address at, size_t* held, rt::Stop* stop) {
  while (!stop->requested()) {
    rt::ConnectOptions options;
    options.to = at;
    options.timeout_ms = 1000;
    auto conn = co_await rt::connect_tcp(options);
    if (conn) {
      ++*held;
      rt::Conn& open = **conn;
      const auto ticket = stop->add([&open] { open.close(Code::kCancelled, "over"); });
      while (co_await open.more()) {
      }
      stop->remove(ticket);
    }
    co_await rt::sleep_ms(20);
  }
}

rt::Task<void> crowd(Cluster& cluster, Node& primary) {
  rt::Stop stop;
  rt::Nursery nursery;
  size_t held = 0;
  for (size_t i = 0; i < kStrangersMax + 36; ++i)
    for (const Node& node : {std::cref(cluster.node(0)), std::cref(cluster.node(1)),
                             std::cref(cluster.node(2))})
      nursery.spawn("stranger", hold_a_place(node.address, &held, &stop));
  const auto all_there = [&] { return held >= 3 * (kStrangersMax + 36); };
  WAIT_FOR(all_there);
  Node& other = *cluster.others(primary)[0];
  co_await cluster.kill(other);
  APPEND(primary, "while it is away");
  co_await cluster.start(other);
  const auto healed = [&] { return cluster.in_sync() == 3; };
  WAIT_FOR(healed);
  stop.request();
  co_await nursery.join();
}
TEST(MemberDisaster, ACrowdThatProvesNothingKeepsNoMemberOut) {
  run_scenario(ClusterOptions(), crowd);
}

// Collects every entry that any primary acknowledged, over all its launches.
class Shopper {
 public:
  explicit Shopper(Cluster& cluster) : cluster_(cluster) {}

  void write() {
    collect();
    Node* primary = cluster_.primary();
    if (!primary) return;
    for (int i = 0; i < 5; ++i) {
      if (!cluster_.append(*primary, "write " + std::to_string(next_++))) return;
    }
  }
  void collect() {
    for (size_t i = 0; i < 3; ++i) {
      const std::set<std::string>& more = cluster_.node(i).machine.acknowledged;
      acknowledged.insert(more.begin(), more.end());
    }
  }

  std::set<std::string> acknowledged;

 private:
  Cluster& cluster_;
  int next_ = 0;
};

rt::Task<void> one_fault(Cluster& cluster, Random& random) {
  Node& node = cluster.node(random.below(3));
  Node& other = cluster.node(random.below(3));
  switch (random.below(5)) {
    case 0:
    case 1:
      if (node.member) co_await cluster.kill(node);
      break;
    case 2: cluster.cut(node, other, random.between(100, 1000)); break;
    case 3: cluster.cut(node, other, random.between(1000, 4000)); break;
    case 4: {
      SwitchoverRequest request;
      cluster.manage(request);
      break;
    }
  }
}

// Random kills, cuts and switchovers under load: nothing acknowledged is lost, and the members end
// equal. Time and sockets are real: the seed decides the faults, not their exact moments.
rt::Task<void> many_faults(Cluster& cluster, Node&) {
  const char* const given = getenv("MEMBER_SEED");
  const char* const longer = getenv("MEMBER_FAULTS");
  const uint64_t seed = given ? strtoull(given, nullptr, 10) : secret_u64() % 1000;
  SCOPED_TRACE("MEMBER_SEED=" + std::to_string(seed));
  Random random(seed);
  Shopper shopper(cluster);
  const int faults = longer ? atoi(longer) : 15;
  for (int i = 0; i < faults; ++i) {
    const Nanos until_then = monotonic_now() + random.between(20, 400) * kMillisecond;
    while (monotonic_now() < until_then) {
      shopper.write();
      co_await rt::sleep_ms(2);
    }
    for (size_t k = 0; k < 3; ++k) {
      Node& node = cluster.node(k);
      if (!node.member && random.percent(60)) co_await cluster.start(node);
    }
    co_await one_fault(cluster, random);
    shopper.collect();
  }
  cluster.heal();
  for (size_t k = 0; k < 3; ++k) {
    if (!cluster.node(k).member) co_await cluster.start(cluster.node(k));
  }
  const auto whole = [&] { return cluster.in_sync() == 3 && cluster.primary(); };
  WAIT_FOR(whole, 60'000);
  const auto last = [&] {  // a loaded machine may change the primary once more
    Node* const primary = cluster.primary();
    return primary && bool(cluster.append(*primary, "the last"));
  };
  WAIT_FOR(last);
  const auto equal = [&] {
    const std::vector<std::string>& entries = cluster.node(0).machine.entries;
    return !entries.empty() && entries.back() == "the last" && cluster.everybody_has(entries);
  };
  WAIT_FOR(equal);
  shopper.collect();
  const std::vector<std::string>& kept = cluster.node(0).machine.entries;
  const std::set<std::string> set(kept.begin(), kept.end());
  EXPECT_EQ(set.size(), kept.size()) << "something was executed twice";
  for (const std::string& entry : shopper.acknowledged) EXPECT_TRUE(set.count(entry)) << entry;
  EXPECT_GT(shopper.acknowledged.size(), 20u);
}
class ManyFaults : public testing::TestWithParam<Durability> {};
INSTANTIATE_TEST_SUITE_P(Levels, ManyFaults, testing::Values(Durability::kOs, Durability::kDisk),
                         [](const auto& about) { return std::string(to_string(about.param)); });
TEST_P(ManyFaults, LoseNothingAcknowledged) {
  ClusterOptions options;
  options.durability = GetParam();
  options.snapshot_after_bytes = 20'000;
  run_scenario(options, many_faults);
}

}  // namespace
}  // namespace multiaz::replication
