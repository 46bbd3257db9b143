// Redis (or Valkey): in memory, as a node of ElastiCache; its data is lost when the process ends.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/conn.h"
#include "base/rt/sync.h"
#include "base/rt/unix_peer.h"
#include "clients/redis_codec.h"
#include "enginenode/child.h"
#include "enginenode/engine.h"

namespace multiaz::enginenode {

namespace {

using clients::Command;
using clients::Reply;

constexpr const char* kSocket = "redis.sock";
constexpr const char* kConfig = "redis.conf";
constexpr uint64_t kRedisAnswerMs = 1000;
constexpr uint64_t kRedisStartMs = 5000;
constexpr uint64_t kRedisStopMs = 2000;
constexpr const char* kRedisWaitMs = "200";
constexpr uint64_t kRedisCaughtUpBytes = 64 << 10;

std::string find_redis() {
  for (const char* path : {"/usr/bin/redis-server", "/usr/local/bin/redis-server",
                           "/usr/bin/valkey-server", "/usr/local/bin/valkey-server"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return "";
}

// words("PING") instead of Command{std::string("PING")}.
template <typename... Words>
Command words(Words... all) {
  return Command{std::string(all)...};
}

// "role:master\r\n" -> {"role": "master"}
std::map<std::string, std::string> fields_of(std::string_view text, char line_end, char between) {
  std::map<std::string, std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(line_end), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t at = line.find(between);
    if (at != std::string_view::npos) out[std::string(line.substr(0, at))] = line.substr(at + 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

uint64_t number_of(const std::map<std::string, std::string>& fields, const std::string& name) {
  uint64_t out = 0;
  const auto found = fields.find(name);
  if (found == fields.end()) return 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), out);
  return out;
}

class Redis : public Engine {
 public:
  Redis(EngineConfig config, uint16_t source_port)
      : config_(std::move(config)), source_port_(source_port), incarnation_(secret_hex(16)) {}

  rt::Task<Result<EngineFacts>> look(bool exact) override {
    clients::Commands commands;
    commands.push_back(words("INFO"));
    // Followers send their offset once a second. WAIT asks them to do it now, up to what was
    // written before. It waits for more followers than there can be, and answers how many have
    // confirmed.
    if (exact) commands.push_back(words("WAIT", "100", kRedisWaitMs));
    const auto replies = co_await ask_all(std::move(commands));
    if (!replies) co_return replies.error();
    const auto info = fields_of(replies->front().text, '\n', ':');
    EngineFacts facts;
    facts.up = true;
    const auto role = info.find("role");
    facts.writable = role != info.end() && role->second == "master";
    facts.timeline = 1;
    facts.position = number_of(info, facts.writable ? "master_repl_offset" : "slave_repl_offset");
    const auto link = info.find("master_link_status");
    facts.following = link != info.end() && link->second == "up";
    facts.waits_for = waits_for_;
    facts.counters["commands"] = number_of(info, "total_commands_processed");
    facts.counters["keyspace_hits"] = number_of(info, "keyspace_hits");
    facts.counters["keyspace_misses"] = number_of(info, "keyspace_misses");
    facts.counters["used_memory"] = number_of(info, "used_memory");
    for (const auto& [name, text] : info) {
      if (!name.starts_with("slave") || name.find_first_not_of("0123456789", 5) != name.npos)
        continue;
      const auto about = fields_of(text, ',', '=');
      const auto ip = about.find("ip"), state = about.find("state");
      if (ip == about.end() || state == about.end()) continue;
      const auto id = members_.find(ip->second);
      if (id == members_.end()) continue;
      EngineFacts::Follower& follower = facts.followers[id->second];
      follower.position = number_of(about, "offset");
      follower.has_all = exact && replies->back().integer >=
                                      static_cast<int64_t>(number_of(info, "connected_slaves"));
      follower.caught_up =
          state->second == "online" && follower.position + kRedisCaughtUpBytes >= facts.position;
    }
    co_return facts;
  }

  rt::Task<Status> be_primary(std::vector<std::string> waits_for) override {
    const Status started = co_await start();
    if (!started) co_return started;
    const auto done = co_await ask(words("REPLICAOF", "NO", "ONE"));
    if (!done) co_return done.error();
    // The names are only noted: Redis does not wait for followers, and WAIT is for clients.
    waits_for_ = std::move(waits_for);
    co_return Status();
  }

  rt::Task<Status> follow(bool) override {
    const Status started = co_await start();
    if (!started) co_return started;
    const auto done = co_await ask(words("REPLICAOF", "127.0.0.1", std::to_string(source_port_)));
    if (!done) co_return done.error();
    co_return Status();
  }

  [[nodiscard]] std::string client_socket() const override { return kSocket; }
  [[nodiscard]] uint32_t user() const override { return geteuid(); }
  [[nodiscard]] Incarnation incarnation() const override { return Incarnation(incarnation_); }
  [[nodiscard]] bool running() const override { return children_.lives(pid_); }
  [[nodiscard]] bool died() const override { return children_.died(pid_); }
  void learn_members(std::map<std::string, std::string> id_by_address) override {
    members_ = std::move(id_by_address);
  }
  rt::Task<void> stop() override {
    co_await children_.end(pid_, SIGTERM, kRedisStopMs);
    children_.shut();
    std::error_code ignored;
    std::filesystem::remove(kConfig, ignored);
  }

 private:
  // Each look has a new connection: every 50 ms that costs little, and no state can be lost.
  rt::Task<Result<clients::Replies>> ask_all(clients::Commands commands) {
    auto conn = co_await rt::connect_unix_to(kSocket, user());
    if (!conn) co_return Error(Code::kUnavailable, conn.error().detail);
    (*conn)->deadline_in_ms(kRedisAnswerMs);
    commands.insert(commands.begin(), words("AUTH", config_.password));
    (*conn)->send(clients::encode_commands(commands));
    clients::ReplyReader reader;
    clients::Replies replies;
    while (replies.size() < commands.size()) {
      auto next = reader.next();
      if (!next) co_return next.error();
      if (next->has_value()) {
        if ((*next)->is_error()) co_return Error(Code::kUnavailable, "redis: " + (*next)->text);
        replies.push_back(std::move(**next));
        continue;
      }
      const Status more = co_await (*conn)->more();
      if (!more) co_return Error(Code::kUnavailable, "redis: " + more.error().detail);
      const std::string_view bytes = (*conn)->peek();
      reader.feed(bytes);
      (*conn)->consume(bytes.size());
    }
    replies.erase(replies.begin());
    co_return replies;
  }

  rt::Task<Result<Reply>> ask(Command command) {
    clients::Commands commands;
    commands.push_back(std::move(command));
    auto replies = co_await ask_all(std::move(commands));
    if (!replies) co_return replies.error();
    co_return std::move(replies->front());
  }

  rt::Task<Status> start() {
    if (running()) co_return Status();
    write_config();
    std::error_code ignored;
    std::filesystem::remove(kSocket, ignored);
    Program program;
    program.argv = {find_redis(), kConfig};
    const auto pid = children_.start(program);
    if (!pid) co_return pid.error();
    pid_ = *pid;
    const Nanos until = monotonic_now() + kRedisStartMs * kMillisecond;
    while (running() && monotonic_now() < until) {
      const auto pong = co_await ask(words("PING"));
      if (pong) co_return Status();
      co_await rt::sleep_ms(5);
    }
    co_await children_.end(pid_, SIGKILL, kRedisStopMs);  // it is tried again later
    co_return Error(Code::kUnavailable, "redis-server does not answer");
  }

  void write_config() const {
    std::ofstream out(kConfig, std::ios::trunc);
    chmod(kConfig, 0600);
    out << "port 0\nunixsocket " << kSocket << "\nunixsocketperm 700\n"
        << "save \"\"\nappendonly no\nmaxmemory " << config_.memory_mb << "mb\n"
        << "replica-announce-ip " << config_.address << "\nreplica-announce-port " << config_.port
        << "\nrepl-diskless-sync yes\nrepl-diskless-sync-delay 0\nrepl-ping-replica-period 1\n"
        << "repl-timeout 5\nclient-output-buffer-limit replica 0 0 0\n";
    out << "requirepass " << config_.password << "\nmasterauth " << config_.password << "\n";
  }

  EngineConfig config_;
  uint16_t source_port_;
  std::string incarnation_;
  Children children_;
  pid_t pid_ = 0;
  std::vector<std::string> waits_for_;
  std::map<std::string, std::string> members_;  // ids by address
};

}  // namespace

std::unique_ptr<Engine> make_redis(EngineConfig config, uint16_t source_port) {
  return std::make_unique<Redis>(std::move(config), source_port);
}

Status redis_is_here() {
  if (!find_redis().empty()) return Status();
  return Error(Code::kInvalid,
               "--engine redis: there is no redis-server (Debian's package is redis-server)");
}

}  // namespace multiaz::enginenode
