// Probes that use the database's endpoint directly, by libpq; each statement is a transaction of
// its own.
#include <memory>

#include "base/core/random.h"
#include "base/rt/sync.h"
#include "chaos/checkers/staleness.h"
#include "chaos/workloads/start.h"
#include "clients/pg_conn.h"

namespace multiaz::chaos {

namespace {

using clients::Batch;
using clients::Param;
using clients::PgConn;
using clients::PgTarget;
using clients::Statement;
using End = Operation::End;
using Kind = Operation::Kind;

constexpr uint64_t kStatementMs = 2'000;
constexpr uint64_t kBetweenTriesMs = 50;
constexpr int kLastTries = 100;

const char* const kProbeTables[] = {
    "CREATE TABLE IF NOT EXISTS chaos_registers (k BIGINT PRIMARY KEY, v BIGINT NOT NULL)",
    ("CREATE TABLE IF NOT EXISTS chaos_sets (k BIGINT NOT NULL, v BIGINT NOT NULL, "
     "PRIMARY KEY (k, v))"),
    "CREATE TABLE IF NOT EXISTS chaos_cas (k BIGINT PRIMARY KEY, v BIGINT NOT NULL)",
};

Nanos within(uint64_t ms) {
  return monotonic_now() + ms * kMillisecond;
}

Statement statement_of(const Operation& operation, int64_t key, Kind writes) {
  const auto value = static_cast<int64_t>(operation.value);
  switch (operation.kind) {
    case Kind::kWrite:
      return Statement(
          "INSERT INTO chaos_registers (k, v) VALUES ($1, $2) "
          "ON CONFLICT (k) DO UPDATE SET v = excluded.v",
          {Param(key), Param(value)});
    case Kind::kCas:
      if (operation.expected == 0) {  // there is no row yet
        return Statement(
            "INSERT INTO chaos_cas (k, v) VALUES ($1, $2) ON CONFLICT (k) DO NOTHING RETURNING v",
            {Param(key), Param(value)});
      }
      return Statement("UPDATE chaos_cas SET v = $3 WHERE k = $1 AND v = $2 RETURNING v",
                       {Param(key), Param(static_cast<int64_t>(operation.expected)), Param(value)});
    case Kind::kRead:
      return Statement(writes == Kind::kCas ? "SELECT v FROM chaos_cas WHERE k = $1"
                                            : "SELECT v FROM chaos_registers WHERE k = $1",
                       {Param(key)});
    case Kind::kAdd:
      return Statement("INSERT INTO chaos_sets (k, v) VALUES ($1, $2)", {Param(key), Param(value)});
    case Kind::kReadSet: break;
  }
  return Statement("SELECT v FROM chaos_sets WHERE k = $1 ORDER BY v", {Param(key)});
}

void take_rows(const clients::Rows& rows, Operation& operation) {
  if (operation.kind == Kind::kRead && rows.size() > 0) {
    operation.value = static_cast<uint64_t>(rows.number(0, 0));
  }
  if (operation.kind == Kind::kCas && rows.size() == 0) operation.end = End::kFail;
  if (operation.kind != Kind::kReadSet) return;
  for (size_t i = 0; i < rows.size(); ++i) {
    operation.seen.push_back(static_cast<uint64_t>(rows.number(i, 0)));
  }
}

// Executes one statement on a connection that is made when needed; fills in how it ended.
rt::Task<void> execute(PgConn& conn, Operation& operation, int64_t key, Kind writes) {
  operation.called = monotonic_now();
  operation.end = End::kFail;
  if (!conn.up()) {
    const Status connected = co_await conn.connect(within(kStatementMs));
    if (!connected) {
      operation.returned = monotonic_now();
      co_return;
    }
  }
  const Batch batch = {statement_of(operation, key, writes)};
  const clients::Outcome done = co_await conn.execute(batch, false, within(kStatementMs));
  operation.returned = monotonic_now();
  if (!done.error) {
    operation.end = End::kOk;
    take_rows(done.rows.front(), operation);
    co_return;
  }
  const bool reads = operation.kind == Kind::kRead || operation.kind == Kind::kReadSet;
  if (done.in_doubt && !reads) {
    operation.end = End::kInfo;
    operation.returned = kNeverEnded;
  }
  conn.abort();
}

struct DbProbe {
  PgTarget target;
  std::string key, who;
  int64_t number;
  Kind writes, reads;
  unsigned writes_percent;
  uint64_t seed, pause_ms;
};

rt::Task<void> db_probe(DbProbe probe, uint64_t client, Recorder& recorder, rt::Stop& stop) {
  Random random(probe.seed * 104'729 + client);
  auto conn = std::make_unique<PgConn>(probe.target);
  std::string process = recorder.new_process(probe.who);
  uint64_t written = 0, last_seen = 0;
  bool knows = true;  // whether the present value is known for the next compare-and-set
  while (!stop.requested()) {
    Operation operation;
    operation.key = probe.key;
    operation.process = process;
    const bool writes = knows && random.percent(probe.writes_percent);
    operation.kind = writes ? probe.writes : probe.reads;
    if (writes) operation.value = (client + 1) * 1'000'000 + ++written;
    if (operation.kind == Kind::kCas) operation.expected = last_seen;
    co_await execute(*conn, operation, probe.number, probe.writes);
    const bool well = operation.end == End::kOk || operation.kind == Kind::kCas;
    if (operation.end == End::kOk) last_seen = operation.value;
    knows = operation.end == End::kOk || operation.kind != Kind::kCas;
    if (operation.end == End::kInfo) process = recorder.new_process(probe.who);
    if (!conn->up()) conn = std::make_unique<PgConn>(probe.target);
    recorder.add(std::move(operation));
    uint64_t pause_ms = probe.pause_ms * (probe.writes == Kind::kWrite ? 2 : 10) + random.below(4);
    if (!well) pause_ms = kBetweenTriesMs;
    (void)co_await rt::sleep_ms(pause_ms, stop);
  }
}

rt::Task<bool> make_tables(PgTarget target, rt::Stop* stop) {
  for (int i = 0; i < kLastTries && !(stop && stop->requested()); ++i) {
    PgConn conn(target);
    const Status connected = co_await conn.connect(within(kStatementMs));
    Batch batch;
    for (const char* table : kProbeTables) batch.push_back(Statement(table));
    if (connected) {
      const clients::Outcome done = co_await conn.execute(batch, false, within(kStatementMs));
      if (!done.error) co_return true;
    }
    co_await rt::sleep_ms(kBetweenTriesMs);
  }
  co_return false;
}

rt::Task<void> start_when_ready(rt::Nursery& nursery, std::vector<DbProbe> probes,
                                Recorder& recorder) {
  const bool ready = co_await make_tables(probes.front().target, &nursery.stopping());
  if (!ready) co_return;
  for (size_t i = 0; i < probes.size(); ++i) {
    nursery.spawn("db probe", db_probe(std::move(probes[i]), i, recorder, nursery.stopping()));
  }
}

DbProbe probe_of(const std::string& url, const Workload& workload, uint64_t key, uint64_t seed) {
  DbProbe out;
  out.target.url = url;
  out.target.application = "chaos";
  out.number = static_cast<int64_t>(workload.tag * 1000 + key);
  out.seed = seed;
  out.pause_ms = workload.probe_pause_ms;
  return out;
}

// The writes and reads of each sort of row.
struct Sort {
  const char* name;
  Kind writes, reads;
  unsigned writes_percent;
  uint64_t Workload::*keys;
};
constexpr Sort kSorts[] = {
    {"register", Kind::kWrite, Kind::kRead, 50, &Workload::db_registers},
    {"set", Kind::kAdd, Kind::kReadSet, 90, &Workload::db_sets},
    {"cas", Kind::kCas, Kind::kRead, 60, &Workload::db_cas},
};

// All probes in one list, those of a key together: keys "db:register:0", "db:set:0", "db:cas:0".
std::vector<DbProbe> all_probes(const Cluster& cluster, const Workload& workload, uint64_t seed) {
  std::vector<DbProbe> out;
  const std::string url = cluster.facts().endpoint("db");
  for (const Sort& sort : kSorts) {
    for (uint64_t key = 0; !url.empty() && key < workload.*sort.keys; ++key) {
      for (uint64_t i = 0; i < workload.probes_per_key; ++i) {
        DbProbe probe = probe_of(url, workload, key, seed);
        probe.key = std::string("db:") + sort.name + ":" + std::to_string(key);
        probe.who = sort.name + std::to_string(key) + "-" + std::to_string(i);
        probe.writes = sort.writes;
        probe.reads = sort.reads;
        probe.writes_percent = sort.writes_percent;
        out.push_back(std::move(probe));
      }
    }
  }
  return out;
}

// Probes that read the first set from the replicas, if there are any: key "db:replica:0".
std::vector<DbProbe> replica_readers(const Cluster& cluster, const Workload& workload,
                                     uint64_t seed) {
  std::vector<DbProbe> out;
  const std::string url = cluster.facts().endpoint("db_reader");
  for (uint64_t i = 0; !url.empty() && workload.db_sets > 0 && i < workload.replica_readers; ++i) {
    DbProbe probe = probe_of(url, workload, 0, seed);
    probe.key = std::string(kReplicaKeys) + "0";
    probe.who = "replica-" + std::to_string(i);
    probe.writes = Kind::kAdd;
    probe.reads = Kind::kReadSet;
    probe.writes_percent = 0;
    out.push_back(std::move(probe));
  }
  return out;
}

}  // namespace

void start_db_probes(rt::Nursery& nursery, const Cluster& cluster, const Workload& workload,
                     uint64_t seed, Recorder& recorder) {
  std::vector<DbProbe> probes = all_probes(cluster, workload, seed);
  if (probes.empty()) return;
  for (DbProbe& one : replica_readers(cluster, workload, seed)) probes.push_back(std::move(one));
  nursery.spawn("db probes", start_when_ready(nursery, std::move(probes), recorder));
}

rt::Task<void> read_db_probes(const Cluster& cluster, const Workload& workload,
                              Recorder& recorder) {
  std::string last;
  Patience patience;
  for (const DbProbe& probe : all_probes(cluster, workload, 0)) {
    if (probe.key == last) continue;  // each key once
    last = probe.key;
    for (int i = 0; i < kLastTries && patience.goes_on(); ++i) {
      PgConn conn(probe.target);
      Operation operation;
      operation.key = probe.key;
      operation.process = recorder.new_process("final");
      operation.kind = probe.reads;
      co_await execute(conn, operation, probe.number, probe.writes);
      if (operation.end == End::kOk) {
        recorder.add(std::move(operation));
        patience.heard();
        break;
      }
      co_await rt::sleep_ms(kBetweenTriesMs);
    }
  }
}

}  // namespace multiaz::chaos
