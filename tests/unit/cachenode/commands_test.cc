// Transactions, connections, roles and bounds, as clients see them.
#include <gtest/gtest.h>

#include "cachenode/commands/table.h"
#include "tests/unit/cachenode/support.h"

namespace multiaz::cachenode {
namespace {

TEST(Commands, Transactions) {
  play({{"EXEC", "(error) ERR EXEC without MULTI"},
        {"DISCARD", "(error) ERR DISCARD without MULTI"},
        {"MULTI", "OK"},
        {"MULTI", "(error) ERR MULTI calls can not be nested"},
        {"WATCH a", "(error) ERR WATCH inside MULTI is not allowed"},
        {"SET a 1", "QUEUED"},
        {"INCR a", "QUEUED"},
        {"GET a", "QUEUED"},
        {"HGET a f", "QUEUED"},
        {"EXEC", "[OK, 2, \"2\", " + std::string(kWrongType) + "]"},
        {"MULTI", "OK"},
        {"SET a 9", "QUEUED"},
        {"DISCARD", "OK"},
        {"GET a", "\"2\""},
        {"MULTI", "OK"},
        {"NONSENSE", "(error) ERR unknown command 'NONSENSE', with args beginning with: "},
        {"EXEC", "(error) EXECABORT Transaction discarded because of previous errors."},
        {"MULTI", "OK"},
        {"GET", "(error) ERR wrong number of arguments for 'get' command"},
        {"SET a 9", "QUEUED"},
        {"EXEC", "(error) EXECABORT Transaction discarded because of previous errors."},
        {"MULTI", "OK"},
        {"EXEC", "[]"}});
}

TEST(Commands, ATransactionIsOneRecord) {
  Cache cache, replica;
  for (const char* line : {"MULTI", "SET a 1", "HSET h f v", "DEL a"}) {
    cache.raw(cache.client, words(line));
    EXPECT_FALSE(cache.db.journal().open()) << line;
  }
  cache.raw(cache.client, {"EXEC"});
  const std::string payload = cache.seal();
  EXPECT_EQ(cache.tail, Lsn(1));
  ASSERT_TRUE(replica.db.journal().apply(payload).ok());
  EXPECT_EQ(replica.contents(), cache.contents());
}

TEST(Commands, TheReplyOfOneCommandIsBounded) {
  Cache cache;
  const std::string refused = "(error) ERR the reply of this command would be larger than 64 MiB";
  cache.raw(cache.client, {"SET", "big", std::string(8 << 20, 'x')});
  cache.raw(cache.client, {"HSET", "hash", "field", std::string(8 << 20, 'x')});
  std::vector<std::string> many = {"MGET"};
  while (many.size() < 100'000) many.emplace_back("big");
  const auto is_refused = [&](const std::vector<std::string>& args) {
    const std::string reply = cache.raw(cache.client, args);
    EXPECT_LT(reply.size(), 1000U) << args[0];
    EXPECT_LT(reply.capacity(), 1u << 20) << args[0];
    EXPECT_EQ(Cache::show(reply).substr(0, refused.size()), refused) << args[0];
  };
  is_refused(many);
  is_refused({"HRANDFIELD", "hash", "-1000000", "WITHVALUES"});
  many.resize(7);
  EXPECT_GT(cache.raw(cache.client, many).size(), 6u * (8 << 20)) << "what is not too much arrives";
  // A transaction that would be refused leaves nothing in the journal.
  cache.seal();
  cache.raw(cache.client, {"MULTI"});
  cache.raw(cache.client, {"SET", "side", "effect"});
  for (int i = 0; i < 60; ++i) cache.raw(cache.client, {"GET", "big"});
  is_refused({"EXEC"});
  EXPECT_FALSE(cache.db.journal().open());
  EXPECT_EQ(cache.run("GET side"), "nil");
  EXPECT_EQ(cache.run("PING"), "PONG") << "the connection goes on";
}

TEST(Commands, WatchedKeys) {
  Cache cache;
  Client other = cache.client;
  const auto exec = [&] {
    cache.run("MULTI");
    cache.run("SET mine 1");
    return cache.run("EXEC");
  };
  cache.run("WATCH a b");
  EXPECT_EQ(exec(), "[OK]");
  cache.run("WATCH a b");
  cache.run(other, {"SET", "b", "1"});
  EXPECT_EQ(exec(), "nil");
  EXPECT_EQ(exec(), "[OK]");  // EXEC forgets the watches
  cache.run("WATCH b");
  cache.run(other, {"SET", "c", "1"});
  cache.run(other, {"GET", "b"});
  EXPECT_EQ(exec(), "[OK]");
  cache.run("WATCH b");
  cache.run(other, {"FLUSHALL"});
  EXPECT_EQ(exec(), "nil");
  cache.run("WATCH b");
  cache.run(other, {"SET", "b", "2"});
  cache.run("UNWATCH");
  EXPECT_EQ(exec(), "[OK]");
  cache.run("SET b 2 PX 10");
  cache.run("WATCH b");
  cache.db.set_now_ms(kTestNowMs + 10);
  EXPECT_EQ(exec(), "nil");  // it expired meanwhile
  cache.run("WATCH b");
  EXPECT_EQ(exec(), "[OK]");  // it had expired before
}

TEST(Commands, UnknownAndMalformed) {
  play({{"FOO a b", "(error) ERR unknown command 'FOO', with args beginning with: 'a' 'b' "},
        {"GET", "(error) ERR wrong number of arguments for 'get' command"},
        {"GET a b", "(error) ERR wrong number of arguments for 'get' command"},
        {"PING", "PONG"},
        {"PING hi", "\"hi\""},
        {"PING a b", "(error) ERR wrong number of arguments for 'ping' command"},
        {"ECHO x", "\"x\""},
        {"SELECT 0", "OK"},
        {"SELECT 1", "(error) ERR DB index is out of range"},
        {"REPLICAOF a 1",
         "(error) ERR command 'replicaof' is restricted: the control plane does this"},
        {"CONFIG SET maxmemory 1",
         "(error) ERR CONFIG SET is restricted: parameters are given when the node starts"},
        {"CONFIG GET maxmemory*",
         "[\"maxmemory\", \"268435456\", \"maxmemory-policy\", \"noeviction\"]"},
        {"CONFIG GET save", "[\"save\", \"\"]"},
        {"CLUSTER INFO", "(error) ERR This instance has cluster support disabled"},
        {"CLIENT NONE", "(error) ERR unknown subcommand 'NONE'. Try client HELP."},
        {"CLIENT ID", "1"},
        {"CLIENT GETNAME", "nil"},
        {"CLIENT SETNAME 'a b'",
         "(error) ERR Client names cannot contain spaces, newlines or special characters."},
        {"CLIENT SETNAME me", "OK"},
        {"CLIENT GETNAME", "\"me\""},
        {"CLIENT SETINFO LIB-NAME x", "OK"},
        {"CLIENT SETINFO x y", "(error) ERR Unrecognized option 'x'"},
        {"COMMAND GETKEYS MSET a 1 b 2", "[\"a\", \"b\"]"},
        {"COMMAND INFO nonsense", "[nil]"},
        {"TIME", "[\"1000\", \"0\"]"},
        {"ROLE", "[\"master\", 0, []]"},
        {"RESET", "RESET"},
        {"CLIENT GETNAME", "nil"}});
}

TEST(Commands, RepliesCanBeSwitchedOff) {
  play({{"CLIENT REPLY OFF", "(no reply)"},
        {"SET a 1", "(no reply)"},
        {"NONSENSE", "(no reply)"},
        {"CLIENT REPLY ON", "OK"},
        {"CLIENT REPLY SKIP", "(no reply)"},
        {"SET a 2", "(no reply)"},
        {"GET a", "\"2\""}});
}

TEST(Commands, Authentication) {
  Cache cache;
  cache.host.settings_.password = "secret";
  cache.client.authenticated = false;
  const std::string wrong = "(error) WRONGPASS invalid username-password pair or user is disabled.";
  EXPECT_EQ(cache.run("GET a"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(cache.run("PING"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(cache.run("HELLO 3").substr(0, 14), "(error) NOAUTH");
  EXPECT_EQ(cache.run("AUTH wrong"), wrong);
  EXPECT_EQ(cache.run("AUTH secre"), wrong);
  EXPECT_EQ(cache.run("AUTH secretsecret"), wrong);
  EXPECT_EQ(cache.run("AUTH somebody secret"), wrong);
  EXPECT_EQ(cache.run("HELLO 3 AUTH default wrong"), wrong);
  EXPECT_EQ(cache.host.stats_.auth_failures, 5u);
  EXPECT_EQ(cache.run("AUTH secret"), "OK");
  EXPECT_EQ(cache.run("GET a"), "nil");
  EXPECT_EQ(cache.run("RESET"), "RESET");
  EXPECT_EQ(cache.run("GET a"), "(error) NOAUTH Authentication required.");
  EXPECT_EQ(cache.run("HELLO 3 AUTH default secret SETNAME me").substr(0, 9), "[\"server\"");
  EXPECT_EQ(cache.run("CLIENT GETNAME"), "\"me\"");
  EXPECT_EQ(cache.run("HELLO 4"), "(error) NOPROTO unsupported protocol version");
  EXPECT_EQ(cache.run("HELLO x"), "(error) ERR Protocol version is not an integer or out of range");
  cache.host.settings_.password = "";
  EXPECT_EQ(cache.run("AUTH x").substr(0, 61),
            "(error) ERR AUTH <password> called without any password confi");
}

TEST(Commands, RolesRefuseWhatTheyMust) {
  Cache cache;
  cache.run("SET a 1");
  cache.permissions.may_write = false;
  cache.permissions.no_write = errors::kReadOnly;
  EXPECT_EQ(cache.run("GET a"), "\"1\"");
  EXPECT_EQ(cache.run("SET a 2"), "(error) READONLY You can't write against a read only replica.");
  cache.run("MULTI");
  EXPECT_EQ(cache.run("GET a"), "QUEUED");
  EXPECT_EQ(cache.run("EXEC"), "[\"1\"]");
  cache.permissions.may_write = true;
  cache.run("MULTI");
  cache.run("SET a 2");
  cache.permissions.may_write = false;
  EXPECT_EQ(cache.run("EXEC"),
            "(error) EXECABORT Transaction discarded because of: READONLY You can't write against "
            "a read only replica.");
  cache.permissions.may_read = false;
  cache.permissions.no_read = "LOADING soon";
  EXPECT_EQ(cache.run("GET a"), "(error) LOADING soon");
  EXPECT_EQ(cache.run("PING"), "PONG");
}

TEST(Commands, MemoryIsBounded) {
  Cache cache;
  cache.host.settings_.maxmemory_bytes = 20'000;
  std::string reply;
  int written = 0;
  for (; written < 1000 && reply.empty(); ++written) {
    const std::string now =
        cache.run("SET k" + std::to_string(written) + " " + std::string(200, 'x'));
    if (now != "OK") reply = now;
  }
  EXPECT_EQ(reply, "(error) OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_GT(written, 40);
  EXPECT_EQ(cache.run("GET k0").size(), 202u);
  EXPECT_EQ(cache.run("DEL k0 k1 k2 k3"), "4");
  EXPECT_EQ(cache.run("SET k0 small"), "OK");
}

TEST(Commands, AnEffectTooLargeToReplicateIsUndone) {
  Cache cache;
  const std::string before = cache.contents();
  cache.run("MULTI");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache.run("SETRANGE k" + std::to_string(i) + " 33554000 x"), "QUEUED");
  }
  EXPECT_EQ(cache.run("EXEC"), "(error) ERR the effect of this command is too large to replicate");
  EXPECT_EQ(cache.contents(), before);
  EXPECT_EQ(cache.run("SET a 1"), "OK");
}

TEST(Commands, TheTableIsSound) {
  Cache cache;
  for (const Command& command : command_table()) {
    EXPECT_EQ(cache.dispatcher.index().find(command.name), &command) << command.name;
    EXPECT_NE(command.arity, 0) << command.name;
    EXPECT_FALSE(command.is(kWrite) && command.is(kReadOnly)) << command.name;
    if (command.is(kWrite) || command.is(kReadOnly)) {
      EXPECT_TRUE(command.first_key > 0 || command.is(kAllKeys)) << command.name;
    }
    EXPECT_FALSE(command.summary.empty()) << command.name;
  }
  EXPECT_EQ(cache.run("COMMAND COUNT"), std::to_string(command_table().size()));
}

}  // namespace
}  // namespace multiaz::cachenode
