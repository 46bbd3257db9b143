#include <filesystem>
#include <fstream>

#include "base/core/paths.h"
#include "base/rt/sync.h"
#include "chaos/experiment/books.h"
#include "chaos/judge/members.h"
#include "clients/pg_conn.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kEqualMsMax = 5'000;
constexpr uint64_t kEqualPollMs = 100;
constexpr uint64_t kStockMs = 3'000;
constexpr int kStockTries = 5;
constexpr size_t kAlarmsMax = 20;
// Counters of a member: positions of its log; each has the hash in another counter.
constexpr const char* kPositions[] = {"log_tail", "log_at_16", "log_at_256", "log_at_4096"};
constexpr const char* kAlarmWords[] = {"AddressSanitizer", "LeakSanitizer", "ThreadSanitizer",
                                       "runtime error:", "CHECK failed"};

// The cache and database members that the control plane knows, with the positions they report.
rt::Task<std::vector<MemberLook>> members_now(Cluster& cluster) {
  std::vector<MemberLook> out;
  const auto instances = co_await cluster.instances();
  if (!instances) co_return out;
  for (const Instance& one : *instances) {
    if (one.tier != "cache" && one.tier != "db") continue;
    const auto counters = co_await cluster.control().counters(one.id);
    const auto tail = counters.find("log_tail");
    if (tail == counters.end()) continue;
    MemberLook look{one.tier, one.id, tail->second, {}};
    for (const char* name : kPositions) {
      const auto position = counters.find(name);
      const auto hash = counters.find(std::string(name) + "_hash");
      if (position == counters.end() || hash == counters.end()) continue;
      look.hashes[position->second] = hash->second;
    }
    out.push_back(std::move(look));
  }
  co_return out;
}

}  // namespace

rt::Task<std::vector<MemberEnd>> read_members(Cluster& cluster, const Roster& expected) {
  const Nanos limit = monotonic_now() + kEqualMsMax * kMillisecond;
  MembersSeen seen;
  do {
    seen.take(co_await members_now(cluster));
    if (seen.equal(expected)) break;
    co_await rt::sleep_ms(kEqualPollMs);
  } while (monotonic_now() < limit);
  co_return seen.ends();
}

rt::Task<std::vector<std::string>> read_residue(Cluster& cluster) {
  std::vector<std::string> out;
  const auto faults = co_await cluster.control().call("GET", "/v1/faults", "");
  if (!faults || faults->find("\"id\"") != std::string::npos) {
    out.push_back("faults: " + (faults ? *faults : faults.error().text()));
  }
  const auto instances = co_await cluster.instances();
  if (!instances) co_return out;
  for (const Instance& one : *instances) {
    const auto counters = co_await cluster.control().counters(one.id);
    const auto left = counters.find("faults_in_force");
    if (left == counters.end() || left->second == 0) continue;
    out.push_back(one.id + " reports " + std::to_string(left->second) + " faults in force");
  }
  co_return out;
}

rt::Task<StockEnd> read_stock(const Cluster& cluster) {
  StockEnd out;
  clients::PgTarget target;
  target.url = cluster.facts().endpoint("db");
  target.application = "chaos";
  clients::Batch batch;
  batch.push_back(clients::Statement(
      "SELECT COALESCE(SUM(qty), 0), COALESCE(SUM(CASE WHEN qty < 0 THEN 1 ELSE 0 END), 0) "
      "FROM stock"));
  batch.push_back(clients::Statement("SELECT COALESCE(SUM(qty), 0) FROM order_lines"));
  for (int i = 0; i < kStockTries && !target.url.empty(); ++i) {
    clients::PgConn conn(target);
    const Nanos until = monotonic_now() + kStockMs * kMillisecond;
    const Status connected = co_await conn.connect(until);
    if (!connected) {
      co_await rt::sleep_ms(kEqualPollMs);
      continue;
    }
    const clients::Outcome done = co_await conn.execute(batch, true, until);
    if (done.error) break;
    out.known = true;
    out.left = done.rows[0].number(0, 0);
    out.negative = done.rows[0].number(0, 1);
    out.ordered = done.rows[1].number(0, 0);
    break;
  }
  co_return out;
}

std::vector<std::string> read_alarms(const std::string& run_dir, uint64_t& logs_read) {
  std::vector<std::string> out;
  logs_read = 0;
  for (const auto& entry : entries_of(run_dir + "/logs")) {
    std::ifstream in(entry);
    logs_read += in.good();
    for (std::string line; std::getline(in, line) && out.size() < kAlarmsMax;) {
      for (const char* word : kAlarmWords) {
        if (line.find(word) == std::string::npos) continue;
        out.push_back(entry.stem().string() + ": " + line);
        break;
      }
    }
  }
  return out;
}

void copy_logs(const std::string& run_dir, const std::string& to) {
  std::error_code ignored;
  std::filesystem::create_directories(to, ignored);
  std::filesystem::copy(
      run_dir + "/logs", to + "/logs",
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing,
      ignored);
}

}  // namespace multiaz::chaos
