// Replies and commits: which replies may leave when, and what clients get when the role is lost.
#include "cachenode/runner.h"

#include <gtest/gtest.h>

#include "cachenode/machine.h"
#include "cachenode/outbox.h"
#include "tests/unit/cachenode/support.h"

namespace multiaz::cachenode {
namespace {

// A group that commits when the test says so.
class FakeGroup : public replication::Group {
 public:
  Result<Lsn> append(std::string payload) override {
    if (refuse) return Error(Code::kUnavailable, "not the primary");
    payloads.push_back(std::move(payload));
    return Lsn(payloads.size());
  }
  bool serving() const override { return answers_left-- > 0; }
  bool readable() const override { return true; }
  Lsn commit_point() const override { return Lsn(); }
  replication::GroupStatus status() const override { return {}; }

  std::vector<std::string> payloads;
  bool refuse = false;
  mutable int answers_left = 1 << 20;
};

struct Node {
  Node() : machine(cache.db), runner(cache.db, cache.dispatcher, group) {}

  // Runs lines as one batch and shows the spans: "2:OK OK | 5:nil".
  std::string batch(Client& client, const std::vector<std::string>& lines) {
    std::string input;
    for (const std::string& line : lines) {
      const std::vector<std::string> list = words(line);
      const std::vector<std::string_view> args(list.begin(), list.end());
      input += wire::resp::encode_command(args);
    }
    wire::resp::CommandDecoder decoder;
    result = runner.run(client, decoder, input, cache.permissions);
    std::string out;
    size_t begin = 0;
    for (const ReplySpan& span : runner.spans()) {
      if (!out.empty()) out += " | ";
      out += std::to_string(span.need.raw) + ":";
      for (; begin < span.end;) {
        const auto reply = wire::resp::decode_reply(runner.replies().substr(begin));
        out += " " + (*reply)->value.show();
        begin += (*reply)->consumed;
      }
    }
    return out;
  }

  Cache cache;
  Machine machine;
  FakeGroup group;
  Runner runner;
  BatchResult result;
};

TEST(Runner, ABatchIsOneRecordAndItsRepliesWaitForIt) {
  Node node;
  EXPECT_EQ(node.batch(node.cache.client, {"PING", "GET a", "SET a 1", "GET a", "PING"}),
            "0: PONG nil | 1: OK \"1\" PONG");
  EXPECT_EQ(node.group.payloads.size(), 1u);
  EXPECT_EQ(node.cache.client.last_write, Lsn(1));
}

TEST(Runner, AReadWaitsForTheWritesOfItsKeysOnly) {
  Node node;
  Client reader = node.cache.client;
  node.batch(node.cache.client, {"SET a 1"});
  node.batch(node.cache.client, {"SET b 1"});
  EXPECT_EQ(node.batch(reader, {"GET c"}), "0: nil");
  EXPECT_EQ(node.batch(reader, {"GET a"}), "1: \"1\"");
  EXPECT_EQ(node.batch(reader, {"GET c", "GET b", "GET a"}), "0: nil | 2: \"1\" \"1\"");
  EXPECT_EQ(node.batch(reader, {"SETNX a 9"}), "1: 0");  // it wrote nothing, but it read
  EXPECT_EQ(node.batch(reader, {"DBSIZE"}), "2: 2");
  EXPECT_EQ(node.batch(reader, {"MULTI", "GET c", "GET b", "EXEC"}),
            "0: OK QUEUED QUEUED | 2: [nil, \"1\"]");
  node.machine.committed(Lsn(1));
  EXPECT_EQ(node.batch(reader, {"GET a"}), "0: \"1\"");
  EXPECT_EQ(node.batch(reader, {"GET b"}), "2: \"1\"");
}

TEST(Runner, ALeaseThatIsLostDuringTheBatchAnswersNothing) {
  Node node;
  node.batch(node.cache.client, {"SET a 1"});
  const std::string before = node.cache.contents();
  node.group.answers_left = 0;
  const std::string lost =
      " (error) UNAVAILABLE the primary has no lease; the command was not executed";
  EXPECT_EQ(node.batch(node.cache.client, {"GET b", "SET a 2", "PING"}), "0:" + lost + lost + lost);
  EXPECT_TRUE(node.result.close);
  EXPECT_EQ(node.cache.contents(), before);
  EXPECT_EQ(node.group.payloads.size(), 1u);
}

TEST(Runner, ARefusedRecordIsUndone) {
  Node node;
  const std::string before = node.cache.contents();
  node.group.refuse = true;
  EXPECT_EQ(node.batch(node.cache.client, {"PING", "SET a 1", "GET a"}),
            "0: PONG | 0: (error) UNAVAILABLE not the primary; the command was not executed "
            "(error) UNAVAILABLE not the primary; the command was not executed");
  EXPECT_TRUE(node.result.close);
  EXPECT_EQ(node.cache.contents(), before);
}

TEST(Runner, ProtocolErrorsEndTheConnection) {
  Node node;
  wire::resp::CommandDecoder decoder;
  const auto result =
      node.runner.run(node.cache.client, decoder, "PING\r\n*1\r\n$-5\r\n", node.cache.permissions);
  EXPECT_TRUE(result.close);
  EXPECT_EQ(node.runner.replies(), "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
}

TEST(Runner, IncompleteCommandsWaitForMore) {
  Node node;
  wire::resp::CommandDecoder decoder;
  const auto result = node.runner.run(node.cache.client, decoder, "PING\r\n*1\r\n$100\r\nab",
                                      node.cache.permissions);
  EXPECT_EQ(result.consumed, 6u);
  EXPECT_GT(result.bytes_wanted, 90u);
  EXPECT_EQ(node.runner.replies(), "+PONG\r\n");
}

TEST(Machine, ADemotedPrimaryForgetsWhatWasNotCommitted) {
  Node node;
  node.batch(node.cache.client, {"SET a 1"});
  node.machine.committed(Lsn(1));
  const std::string committed = node.cache.contents();
  node.batch(node.cache.client, {"SET a 2", "SET b 2"});
  node.batch(node.cache.client, {"FLUSHALL"});
  EXPECT_FALSE(node.machine.snapshot().ok()) << "later: an uncommitted command touches every key";
  EXPECT_FALSE(node.machine.rollback(Lsn(0)));
  EXPECT_TRUE(node.machine.rollback(Lsn(1)));
  EXPECT_EQ(node.cache.contents(), committed);
  node.batch(node.cache.client, {"SET a 3", "SET b 3"});
  auto snapshot = node.machine.snapshot();
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(snapshot->lsn, Lsn(1));

  Node other;  // a returning member takes the snapshot, then the new primary's records
  other.batch(other.cache.client, {"SET junk 1"});
  auto sink = other.machine.install(snapshot->lsn);
  for (auto piece = snapshot->source->next(); !piece->empty(); piece = snapshot->source->next()) {
    ASSERT_TRUE(sink->add(*piece).ok());
  }
  ASSERT_TRUE(sink->finish().ok());
  EXPECT_EQ(other.cache.contents(), committed);
  other.machine.apply(Lsn(2), node.group.payloads[1]);
  EXPECT_EQ(other.cache.run("GET b"), "\"2\"");
  EXPECT_EQ(other.machine.settled(), Lsn(2));
  ASSERT_TRUE(other.machine.install(Lsn(0))->finish().ok());
  EXPECT_EQ(other.cache.run("DBSIZE"), "0");
}

TEST(Outbox, RepliesLeaveInOrder) {
  Outbox box;
  box.hold("a", Lsn(3), 1);
  box.hold("b", Lsn(3), 1);
  box.hold("c", Lsn(5), 1);
  EXPECT_EQ(box.bytes(), 3u);
  EXPECT_EQ(box.replies(), 3u);
  EXPECT_EQ(box.release(Lsn(2)), "");
  EXPECT_EQ(box.release(Lsn(4)), "ab");
  EXPECT_EQ(box.newest(), Lsn(5));
  EXPECT_EQ(box.release(Lsn(9)), "c");
  EXPECT_TRUE(box.empty());
  EXPECT_EQ(box.bytes(), 0u);
}

}  // namespace
}  // namespace multiaz::cachenode
