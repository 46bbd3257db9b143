// A whole node: requests in flight when the topology changes under them, and bodies that are cut
// into pieces in every way.
#include "lb/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/core/random.h"
#include "tests/unit/lb/node_support.h"
#include "tests/unit/lb/seed.h"

namespace multiaz::lb {
namespace {

using ::testing::Contains;
using ::testing::UnorderedElementsAre;

rt::Task<void> ask_later(Scene& scene, std::string method, std::string target,
                         std::string& answer) {
  answer = co_await ask(scene, std::move(method), std::move(target));
}

rt::Task<void> until_working(Web& web, int requests) {
  while (web.requests < requests) co_await rt::sleep_ms(1);
}

rt::Task<void> drop_a_target(Scene& scene) {
  std::string get, post, get_first, post_first;
  rt::Nursery nursery;
  // Targets take turns, so of two equal requests in a row one reaches w1 and hangs.
  nursery.spawn("get", ask_later(scene, "GET", "/hang?on=w1", get_first));
  nursery.spawn("get", ask_later(scene, "GET", "/hang?on=w1", get));
  nursery.spawn("post", ask_later(scene, "POST", "/hang?on=w1", post_first));
  nursery.spawn("post", ask_later(scene, "POST", "/hang?on=w1", post));
  co_await until_working(scene.w1, 2);
  scene.node.set_targets({scene.w2.spec()});
  co_await nursery.join();
  EXPECT_EQ(get, "200 w2");
  EXPECT_EQ(get_first, "200 w2") << "a GET without an answer goes to another target";
  std::vector<std::string> posts;
  posts.push_back(post);
  posts.push_back(post_first);
  EXPECT_THAT(posts, UnorderedElementsAre("200 w2", "502 lb"));
  EXPECT_EQ(scene.w1.requests, 2);
  EXPECT_EQ(scene.w2.requests, 3);
}

TEST(Node, ATargetThatIsGoneTakesItsRequestsWithItAtOnce) {
  EXPECT_EQ(rt::run(play(quick(), drop_a_target)), 0);
}

rt::Task<void> drain_a_target(Scene& scene) {
  std::string slow, other_slow, hanging, other;
  rt::Nursery nursery;
  nursery.spawn("slow", ask_later(scene, "POST", "/slow", slow));
  nursery.spawn("slow", ask_later(scene, "POST", "/slow", other_slow));
  nursery.spawn("hang", ask_later(scene, "POST", "/hang?on=w1", hanging));
  nursery.spawn("hang", ask_later(scene, "POST", "/hang?on=w1", other));
  co_await until_working(scene.w1, 2);
  scene.node.set_targets({scene.w1.spec(true), scene.w2.spec()});
  for (int i = 0; i < 4; ++i) {
    const std::string fresh = co_await ask(scene, "GET", "/");
    EXPECT_EQ(fresh, "200 w2") << "nothing new for a draining target";
  }
  co_await nursery.join();
  std::vector<std::string> finished;
  finished.push_back(slow);
  finished.push_back(other_slow);
  EXPECT_THAT(finished, UnorderedElementsAre("200 w1", "200 w2"));
  std::vector<std::string> cut;
  cut.push_back(hanging);
  cut.push_back(other);
  EXPECT_THAT(cut, UnorderedElementsAre("200 w2", "502 lb"));
  EXPECT_THAT(scene.events,
              Contains("target_cut: w1: the 80 ms of the deregistration delay are over; "
                       "requests cut off: 1"));
}

TEST(Node, DrainingFinishesWhatItCanWithinTheDelay) {
  EXPECT_EQ(rt::run(play(quick(), drain_a_target)), 0);
}

wire::InstanceInfo instance(const Web& web, std::string tier, std::string state) {
  wire::InstanceInfo out;
  out.id = web.name;
  out.tier = std::move(tier);
  out.zone = "az-a";
  out.address = web.address.ip_text();
  out.port = web.address.port;
  out.state = std::move(state);
  return out;
}

rt::Task<void> follow_topologies(Scene& scene) {
  wire::TopologyUpdate topology;
  topology.version = 7;
  topology.instances.push_back(instance(scene.w1, "web", "starting"));
  topology.instances.push_back(instance(scene.w2, "cache", "ready"));
  scene.node.take_topology(topology);
  EXPECT_EQ(scene.node.status().topology_version, 7U);
  const std::string nobody = co_await ask(scene, "GET", "/");
  EXPECT_EQ(nobody, "503 lb");
  topology.instances[0].state = "ready";
  scene.node.take_topology(topology);
  const std::string unchecked = co_await ask(scene, "GET", "/");
  EXPECT_EQ(unchecked, "200 w1") << "nobody is healthy yet, so everybody is asked";
  co_await until_healthy(scene, 1);
  const auto counters = scene.node.status().counters;
  EXPECT_EQ(counters.at("requests"), 2U);
  EXPECT_EQ(counters.at("elb_503"), 1U);
  EXPECT_EQ(counters.at("target_2xx"), 1U);
  EXPECT_EQ(counters.at("healthy_targets"), 1U);
}

TEST(Node, TargetsAreTheWebInstancesThatAreReadyOrDraining) {
  EXPECT_EQ(rt::run(play(quick(), follow_topologies)), 0);
}

rt::Task<void> shift_a_zone(Scene& scene) {
  wire::TopologyUpdate topology;
  topology.instances.push_back(instance(scene.w1, "web", "ready"));
  topology.instances.push_back(instance(scene.w2, "web", "ready"));
  topology.instances[1].zone = "az-b";
  scene.node.take_topology(topology);
  co_await until_healthy(scene, 2);
  std::string first, second;
  rt::Nursery nursery;
  nursery.spawn("hang", ask_later(scene, "POST", "/hang?on=w1", first));
  nursery.spawn("hang", ask_later(scene, "POST", "/hang?on=w1", second));
  co_await until_working(scene.w1, 1);
  topology.settings["zones_shifted"] = "az-a";
  scene.node.take_topology(topology);
  for (int i = 0; i < 4; ++i) {
    const std::string fresh = co_await ask(scene, "GET", "/");
    EXPECT_EQ(fresh, "200 w2") << "nothing new for the shifted zone";
  }
  co_await rt::sleep_ms(200);  // more than the deregistration delay
  scene.w1.hang_until.request();
  co_await nursery.join();
  EXPECT_THAT(std::vector({first, second}), UnorderedElementsAre("200 w1", "200 w2"));
}

TEST(Node, AZonalShiftLeavesWhatRunsAlone) {
  EXPECT_EQ(rt::run(play(quick(), shift_a_zone)), 0);
}

// --- bodies in pieces ---

// Requests of one connection, pipelined; remembers what must come back.
struct Sent {
  std::string bytes;
  std::vector<std::string> bodies;
};

Sent random_requests(Random& random) {
  Sent sent;
  for (uint64_t i = random.between(1, 12); i > 0; --i) {
    const size_t size = random.percent(10) ? random.below(300'000) : random.below(500);
    std::string body(size, static_cast<char>('a' + random.below(26)));
    wire::http::RequestHead head;
    head.method = random.percent(50) ? "POST" : "PUT";
    head.target = "/echo";
    head.headers.add("Host", "h");
    head.keep_alive = i > 1;
    const bool chunked = random.percent(50);
    head.body = chunked ? wire::http::BodyKind::kChunked : wire::http::BodyKind::kLength;
    head.content_length = size;
    wire::http::write_request_head(head, sent.bytes);
    if (!chunked) sent.bytes.append(body);
    for (size_t at = 0; chunked && at < size;) {
      const size_t piece = std::min<size_t>(size - at, random.between(1, 5000));
      wire::http::write_chunk(std::string_view(body).substr(at, piece), sent.bytes);
      at += piece;
    }
    if (chunked) sent.bytes.append(wire::http::kLastChunk);
    sent.bodies.push_back(std::move(body));
  }
  return sent;
}

rt::Task<void> send_in_pieces(rt::Conn& conn, std::string bytes, uint64_t seed) {
  Random random(seed);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const size_t piece = std::min<size_t>(rest.size(), random.between(1, 20'000));
    const Status sent = co_await conn.write(rest.substr(0, piece));
    if (!sent) co_return;
    rest.remove_prefix(piece);
    if (random.percent(20)) co_await rt::yield();
  }
}

rt::Task<void> read_bodies(rt::Conn& conn, std::vector<std::string>& bodies) {
  wire::http::ResponseParser parser;
  std::string body;
  conn.deadline_in_ms(20'000);
  while (true) {
    const auto step = parser.feed(conn.peek());
    if (!step) co_return;
    body.append(step->body);
    conn.consume(step->consumed);
    if (step->event == wire::http::Event::kComplete) bodies.push_back(std::exchange(body, ""));
    if (step->event != wire::http::Event::kNeedMore) continue;
    const Status more = co_await conn.more();
    if (!more) co_return;
  }
}

rt::Task<void> one_client(Scene& scene, uint64_t seed) {
  Random random(seed);
  const Sent sent = random_requests(random);
  rt::ConnectOptions options;
  options.to = scene.address;
  auto conn = co_await rt::connect_tcp(options);
  CHECK(conn.ok());
  rt::Nursery nursery;
  nursery.spawn("send", send_in_pieces(**conn, sent.bytes, random.next()));
  std::vector<std::string> bodies;
  co_await read_bodies(**conn, bodies);
  co_await nursery.join();
  EXPECT_EQ(bodies, sent.bodies) << "client " << seed % 1000;
}

rt::Task<void> many_clients(Scene& scene) {
  const uint64_t seed = test_seed();
  SCOPED_TRACE("MULTIAZ_SEED=" + std::to_string(seed));
  rt::Nursery nursery;
  for (uint64_t i = 0; i < 40; ++i) nursery.spawn("client", one_client(scene, seed * 1000 + i));
  co_await nursery.join();
}

TEST(Node, BodiesComeThroughHoweverTheyAreCut) {
  EXPECT_EQ(rt::run(play(quick(), many_clients)), 0);
}

}  // namespace
}  // namespace multiaz::lb
