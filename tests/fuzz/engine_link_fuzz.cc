// The link between members of a group with a foreign engine, over real sockets: any bytes in place
// of the handshake, any bytes of a member after it, a member with any words in its handshake, and a
// false member at a member's address. Without a proof no lease is given or taken.
#include <string>
#include <vector>

#include "base/core/check.h"
#include "base/rt/loop.h"
#include "enginenode/link.h"

using namespace multiaz;
using namespace multiaz::enginenode;

namespace {

using rt::Task;

const std::string kKey(64, 'a');
const rt::Address kAnyPort = rt::make_address(0x7f000001, 0);
constexpr uint64_t kPatienceMs = 5'000;

LinkConfig config_of(rt::Address self) {
  LinkConfig out;
  out.id = "cache-a1";
  out.key_hex = kKey;
  out.cluster = "test";
  out.group = "cache";
  out.launch = Launch(1);
  out.self = self;
  return out;
}

replication::LinkIdentity dialer(const std::string& id) {
  replication::LinkIdentity out;
  out.cluster = "test";
  out.group = "engine of cache";
  out.key_hex = kKey;
  out.self.id = NodeId(id);
  out.self.incarnation = Incarnation("life-2");
  out.launch = Launch(2);
  return out;
}

struct Honest {
  explicit Honest(rt::Address self)
      : member(NodeId("cache-a1"), Launch(1), replication::Timings(), monotonic_now()),
        link(
            config_of(self), member, relay, [] { return "life-1"; }, "/nowhere") {
    CHECK(link.start(nursery).ok());
  }
  Task<void> end() {
    link.close();
    nursery.stop();
    co_await nursery.join();
  }
  Member member;
  Relay relay;
  rt::Nursery nursery;
  Link link;
};

// A free port of this machine: a listener had it and is gone when this returns.
rt::Address free_port() {
  auto listener = rt::Listener::bind(kAnyPort);
  CHECK(listener.ok());
  return (*listener)->address();
}

Task<std::unique_ptr<rt::Conn>> dial(rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  auto conn = co_await rt::connect_tcp(options);
  CHECK(conn.ok());
  (*conn)->deadline_in_ms(kPatienceMs);
  co_return std::move(*conn);
}

// All bytes until the other side ends. The connection is closed with a reset, so that no port stays
// in use.
Task<std::string> answers(rt::Conn& conn, std::string said) {
  conn.send(said);
  conn.shutdown_write();
  std::string out;
  while ((co_await conn.more()).ok()) {
    out += conn.peek();
    conn.consume(conn.peek().size());
  }
  CHECK(conn.at_eof() || conn.close_reason().code != Code::kTimeout);
  conn.abort(Code::kClosed, "the end of this input");
  co_return out;
}

Task<int> stranger(std::string bytes) {
  const rt::Address self = free_port();
  Honest honest(self);
  const auto conn = co_await dial(self);
  const std::string heard = co_await answers(*conn, bytes);
  CHECK(heard.find("yes ") == heard.npos && heard.find("no ") == heard.npos);
  co_await honest.end();
  co_return 0;
}

// Each question has one answer, in their order, and none follows a line that is no question. The
// link ends there, with a reset when more was sent, and the reset may overtake an answer.
void check_answers(std::string_view said, std::string_view heard) {
  std::vector<std::string> expected;
  bool first = true, whole = true;
  while (true) {
    const size_t end = said.find('\n');
    whole = end != said.npos || said.size() <= kLineBytesMax;
    if (end == said.npos || end > kLineBytesMax) break;
    const std::string_view line = said.substr(0, end);
    said.remove_prefix(end + 1);
    const auto asked = parse_lease(line);
    whole = first ? line == "lease" : asked.has_value();
    if (!whole) break;
    if (!first) expected.push_back(asked->number);
    first = false;
  }
  size_t count = 0;
  while (!heard.empty()) {
    const size_t end = heard.find('\n');
    CHECK(end != heard.npos && count < expected.size());
    const std::string_view line = heard.substr(0, end);
    CHECK(line == "yes " + expected[count] || line == "no " + expected[count]);
    heard.remove_prefix(end + 1);
    count++;
  }
  CHECK(!whole || count == expected.size());
}

Task<int> member(std::string lines, std::string id) {
  const rt::Address self = free_port();
  Honest honest(self);
  const auto conn = co_await dial(self);
  const auto proven =
      co_await replication::greet_as_dialer(*conn, dialer(id), NodeId("cache-a1"));
  CHECK_NOTE(proven.ok() || proven.error().code != Code::kTimeout, proven.error().detail);
  if (proven) {
    conn->deadline_in_ms(kPatienceMs);
    const std::string heard = co_await answers(*conn, lines);
    check_answers(lines, heard);
  }
  co_await honest.end();
  co_return 0;
}

Task<int> liar(std::string bytes) {
  auto listener = rt::Listener::bind(kAnyPort);
  CHECK(listener.ok());
  Honest honest(free_port());
  const auto view = replication::restore_view(
      "3 primary=cache-a1/1 in_sync=cache-a1:life-1,cache-b1:life-9 learners=");
  CHECK(view.ok());
  honest.member.on_view(monotonic_now(), *view, true);
  honest.link.learn_members({{"cache-b1", (*listener)->address()}});
  const auto conn = co_await (*listener)->accept();
  CHECK(conn.ok());
  (*conn)->deadline_in_ms(kPatienceMs);
  const std::string heard = co_await answers(**conn, bytes);
  CHECK(heard.find("lease") == heard.npos);
  CHECK(!honest.member.serving(monotonic_now()));
  honest.link.learn_members({});
  co_await honest.end();
  (*listener)->close();
  co_return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: return rt::run(stranger(text));
    case 1: return rt::run(member(text, "cache-b1"));
    case 2: return rt::run(member("lease\nlease 5 7\n", text));
    default: return rt::run(liar(text));
  }
}
