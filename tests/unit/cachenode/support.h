// A cache without sockets: commands as words, replies as text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lib/resp_value.h"
#include "cachenode/commands/dispatcher.h"
#include "cachenode/keyspace/database.h"

namespace multiaz::cachenode {

constexpr uint64_t kTestSeed = 42;
constexpr int64_t kTestNowMs = 1'000'000;

class FakeHost : public Host {
 public:
  const Settings& settings() const override { return settings_; }
  Stats& stats() override { return stats_; }
  GroupFacts group() const override { return group_; }
  std::string address() const override { return "127.0.0.1:6379"; }
  uint64_t uptime_s() const override { return 5; }
  std::vector<const Client*> clients() const override { return {}; }
  size_t replicas_with(Lsn) const override { return 2; }
  void auth_failed(const Client&) override { ++stats_.auth_failures; }

  Settings settings_;
  Stats stats_;
  GroupFacts group_;
};

// "a 'b c' ''" gives a, b c, (empty).
inline std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> out;
  for (size_t at = 0; at < line.size();) {
    if (line[at] == ' ') {
      ++at;
    } else if (line[at] == '\'') {
      const size_t end = line.find('\'', at + 1);
      out.emplace_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      const size_t end = std::min(line.find(' ', at), line.size());
      out.emplace_back(line.substr(at, end - at));
      at = end;
    }
  }
  return out;
}

class Cache {
 public:
  explicit Cache(uint64_t seed = kTestSeed) : db(seed, 7), dispatcher(db, host) {
    db.set_now_ms(kTestNowMs);
    permissions.may_read = permissions.may_write = true;
    host.group_.role = "primary";
    client.id = 1;
    client.authenticated = true;
  }
  ~Cache() { dispatcher.forget(client); }

  // The raw reply; the effects stay in the open record.
  std::string raw(Client& by, const std::vector<std::string>& words) {
    const std::vector<std::string_view> args(words.begin(), words.end());
    std::string out;
    last_need = dispatcher.execute(by, args, permissions, out);
    return out;
  }
  // Seals the open record as the next lsn and returns its payload ("" when none was open).
  std::string seal() {
    if (!db.journal().open()) return "";
    std::string payload = db.journal().take_payload();
    db.journal().seal(tail = next(tail));
    return payload;
  }
  void commit_all() { db.journal().committed(tail); }
  // Executes, commits, and shows the reply: `[1, "a", nil]`.
  std::string run(std::string_view line) { return run(client, words(line)); }
  std::string run(Client& by, const std::vector<std::string>& args) {
    const std::string reply = raw(by, args);
    seal();
    commit_all();
    return show(reply);
  }
  static std::string show(const std::string& reply) {
    if (reply.empty()) return "(no reply)";
    const auto decoded = wire::resp::decode_reply(reply);
    if (!decoded || !*decoded || (*decoded)->consumed != reply.size()) return "(bad) " + reply;
    return (*decoded)->value.show();
  }
  std::string contents() { return std::to_string(db.keys().digest()); }

  FakeHost host;
  Database db;
  Dispatcher dispatcher;
  Client client;
  Permissions permissions;
  Lsn tail;
  Lsn last_need;
};

// A conversation: each line and what comes back.
struct Line {
  std::string_view command, reply;
};

inline void play(const std::vector<Line>& lines) {
  Cache cache;
  for (const Line& line : lines) {
    EXPECT_EQ(cache.run(line.command), line.reply) << line.command;
  }
}

inline constexpr std::string_view kWrongType =
    "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kNotInteger =
    "(error) ERR value is not an integer or out of range";
inline constexpr std::string_view kSyntax = "(error) ERR syntax error";

}  // namespace multiaz::cachenode
