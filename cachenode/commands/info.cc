// INFO and ROLE in Redis's words, with one section of our own.
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cachenode/commands/families.h"
#include "cachenode/commands/version.h"

namespace multiaz::cachenode {

namespace {

class Lines {
 public:
  void section(std::string_view name) {
    if (!out_.empty()) out_ += "\r\n";
    out_.append("# ").append(name).append("\r\n");
  }
  void add(std::string_view key, std::string_view value) {
    out_.append(key).append(":").append(value).append("\r\n");
  }
  void add(std::string_view key, uint64_t value) { add(key, std::to_string(value)); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (!file) return 0;
  unsigned long total = 0, resident = 0;
  const bool read = std::fscanf(file, "%lu %lu", &total, &resident) == 2;
  std::fclose(file);
  return read ? resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::string human(uint64_t bytes) {
  constexpr std::string_view kUnits = "BKMGT";
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f%c", value, kUnits[unit]);
  return text.data();
}

void server_section(Call& call, Lines& lines) {
  const std::string address = call.host.address();
  lines.add("redis_version", kRedisVersion);
  lines.add("redis_mode", "standalone");
  lines.add("multiaz_version", kVersion);
  lines.add("process_id", static_cast<uint64_t>(getpid()));
  lines.add("tcp_port", address.substr(address.rfind(':') + 1));
  lines.add("uptime_in_seconds", call.host.uptime_s());
  lines.add("uptime_in_days", call.host.uptime_s() / 86400);
}

void clients_section(Call& call, Lines& lines) {
  lines.add("connected_clients", call.host.clients().size());
  lines.add("maxclients", call.host.settings().clients_max);
  lines.add("blocked_clients", uint64_t{0});
}

void memory_section(Call& call, Lines& lines) {
  const uint64_t used = call.db.used_bytes(), resident = resident_bytes();
  lines.add("used_memory", used);
  lines.add("used_memory_human", human(used));
  lines.add("used_memory_rss", resident);
  lines.add("used_memory_rss_human", human(resident));
  lines.add("used_memory_dataset", call.db.keys().used_bytes());
  lines.add("used_memory_uncommitted", call.db.journal().held_bytes());
  lines.add("maxmemory", call.host.settings().maxmemory_bytes);
  lines.add("maxmemory_human", human(call.host.settings().maxmemory_bytes));
  lines.add("maxmemory_policy", "noeviction");
}

void stats_section(Call& call, Lines& lines) {
  const Stats& stats = call.host.stats();
  lines.add("total_connections_received", stats.connections);
  lines.add("rejected_connections", stats.rejected_connections);
  lines.add("total_commands_processed", stats.commands);
  lines.add("total_net_input_bytes", stats.input_bytes);
  lines.add("total_net_output_bytes", stats.output_bytes);
  lines.add("expired_keys", stats.expired_keys);
  lines.add("evicted_keys", uint64_t{0});
  lines.add("keyspace_hits", stats.keyspace_hits);
  lines.add("keyspace_misses", stats.keyspace_misses);
  lines.add("acl_access_denied_auth", stats.auth_failures);
  lines.add("in_doubt_replies", stats.in_doubt_replies);
}

void replication_section(Call& call, Lines& lines) {
  const GroupFacts group = call.host.group();
  lines.add("role", group.is_primary() ? "master" : "slave");
  if (!group.is_primary()) {
    lines.add("master_host", group.primary_host);
    lines.add("master_port", group.primary_port);
    lines.add("master_link_status", group.role == "secondary" ? "up" : "down");
    lines.add("master_sync_in_progress", group.role == "learner" ? "1" : "0");
    lines.add("slave_repl_offset", group.commit.raw);
    lines.add("slave_read_only", uint64_t{1});
  }
  lines.add("connected_slaves", group.replicas.size());
  size_t number = 0;
  for (const ReplicaFacts& replica : group.replicas) {
    lines.add("slave" + std::to_string(number++),
              "ip=" + replica.host + ",port=" + std::to_string(replica.port) +
                  ",state=" + (replica.connected ? "online" : "wait_bgsave") +
                  ",offset=" + std::to_string(replica.acked.raw) +
                  ",lag=" + std::to_string(replica.lag_ms / 1000) + ",id=" + replica.id +
                  ",in_sync=" + (replica.in_sync ? "1" : "0"));
  }
  lines.add("master_repl_offset", group.tail.raw);
}

void keyspace_section(Call& call, Lines& lines) {
  const Keyspace& keys = call.db.keys();
  if (keys.size() == 0) return;
  lines.add("db0", "keys=" + std::to_string(keys.size()) +
                       ",expires=" + std::to_string(keys.expiring()) + ",avg_ttl=0");
}

void multiaz_section(Call& call, Lines& lines) {
  const GroupFacts group = call.host.group();
  lines.add("id", call.host.settings().id);
  lines.add("zone", call.host.settings().zone);
  lines.add("cluster", call.host.settings().cluster);
  lines.add("group_role", group.role);
  lines.add("epoch", group.epoch.raw);
  lines.add("tail", group.tail.raw);
  lines.add("commit", group.commit.raw);
  lines.add("serving", group.serving ? "1" : "0");
  lines.add("lease_left_ms", group.lease_left_ms);
  lines.add("primary", group.primary_id);
}

struct Section {
  std::string_view name;
  void (*write)(Call& call, Lines& lines);
};
constexpr Section kSections[] = {
    {"Server", server_section},           {"Clients", clients_section},
    {"Memory", memory_section},           {"Stats", stats_section},
    {"Replication", replication_section}, {"Keyspace", keyspace_section},
    {"Multiaz", multiaz_section},
};

bool wanted(Args args, std::string_view section) {
  if (args.size() == 1) return true;
  for (const std::string_view arg : args.subspan(1)) {
    for (const std::string_view every : {"all", "everything", "default"}) {
      if (is_word(arg, every)) return true;
    }
    if (is_word(arg, section)) return true;
  }
  return false;
}

}  // namespace

void cmd_info(Call& call) {
  Lines lines;
  for (const Section& section : kSections) {
    if (!wanted(call.args, section.name)) continue;
    lines.section(section.name);
    section.write(call, lines);
  }
  call.reply.verbatim(lines.take());
}

void cmd_role(Call& call) {
  const GroupFacts group = call.host.group();
  if (!group.is_primary()) {
    call.reply.array(5);
    call.reply.bulk("slave");
    call.reply.bulk(group.primary_host);
    call.reply.integer(group.primary_port);
    call.reply.bulk(group.role == "secondary" ? "connected" : "sync");
    return call.reply.integer(static_cast<int64_t>(group.commit.raw));
  }
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(static_cast<int64_t>(group.tail.raw));
  call.reply.array(group.replicas.size());
  for (const ReplicaFacts& replica : group.replicas) {
    call.reply.array(3);
    call.reply.bulk(replica.host);
    call.reply.bulk(std::to_string(replica.port));
    call.reply.bulk(std::to_string(replica.acked.raw));
  }
}

void cmd_wait(Call& call) {
  const auto replicas = integer_arg(call, call.args[1]);
  if (!replicas) return;
  const auto timeout_ms = parse_integer(call.args[2]);
  if (!timeout_ms) return call.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return call.reply.error("ERR timeout is negative");
  const auto have = static_cast<int64_t>(call.host.replicas_with(call.client.last_write));
  if (call.in_exec) return call.reply.integer(have);
  WaitRequest wait;
  wait.replicas = *replicas;
  wait.timeout_ms = *timeout_ms;
  call.client.wait = wait;  // the connection sends the reply when the wait is over
}

}  // namespace multiaz::cachenode
