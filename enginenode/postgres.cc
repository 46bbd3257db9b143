// PostgreSQL: streaming replication, synchronous towards the members that the view calls in sync.
#include <algorithm>
#include <csignal>
#include <map>
#include <memory>

#include "base/core/clock.h"
#include "base/core/log.h"
#include "base/rt/sync.h"
#include "clients/pg_conn.h"
#include "enginenode/child.h"
#include "enginenode/engine.h"
#include "enginenode/postgres_files.h"

namespace multiaz::enginenode {

namespace {

using clients::Batch;
using clients::Outcome;
using clients::Param;
using clients::RowSets;
using clients::Statement;

constexpr uint64_t kPostgresAnswerMs = 2000;
constexpr uint64_t kPostgresStartMs = 20'000;  // time for crash recovery is included
constexpr uint64_t kPostgresInitMs = 30'000;
constexpr uint64_t kPostgresCopyMs = 120'000;
constexpr uint64_t kPostgresStopMs = 3000;
constexpr uint64_t kPostgresPromoteMs = 10'000;
constexpr uint64_t kPostgresStuckMs =
    5000;  // after so long without a stream, a follower's history may not be the primary's
constexpr uint64_t kPostgresSettleMs = 100;
constexpr uint64_t kPostgresCaughtUpBytes = 64 << 10;

constexpr const char* kLook =
    "SELECT pg_is_in_recovery()::int, CASE WHEN pg_is_in_recovery() THEN "
    "COALESCE((SELECT received_tli FROM pg_stat_wal_receiver), "
    "(SELECT timeline_id FROM pg_control_checkpoint())) ELSE "
    "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END, "
    "pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN COALESCE(pg_last_wal_receive_lsn(), "
    "pg_last_wal_replay_lsn()) ELSE pg_current_wal_flush_lsn() END, '0/0')::bigint, "
    "CASE current_setting('synchronous_commit') WHEN 'on' THEN "
    "current_setting('synchronous_standby_names') ELSE '' END, "
    "(SELECT COUNT(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'), "
    // PostgreSQL's own count, which it writes down about once a second.
    "(SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'shop')";
constexpr const char* kFollowers =
    "SELECT application_name, COALESCE(pg_wal_lsn_diff(flush_lsn, '0/0'), 0)::bigint, "
    "(state = 'streaming')::int FROM pg_stat_replication WHERE application_name <> 'pg_basebackup'";

std::string sql_text(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

clients::PgTarget admin_target(const PostgresFiles& files, const char* database) {
  clients::PgTarget target;
  target.url = std::string("host=/proc/self/cwd/") + kPostgresFolder +
               " port=5432 user=multiaz dbname=" + database + " sslmode=disable gssencmode=disable";
  target.password = files.secret("superuser");
  target.application = "multiaz";
  return target;
}

class Postgres : public Engine {
 public:
  explicit Postgres(EngineConfig config)
      : config_(config),
        files_(std::move(config)),
        opened_(files_.open()),
        admin_(admin_target(files_, "postgres")) {}

  rt::Task<Result<EngineFacts>> look(bool) override {
    Batch batch;
    batch.push_back(Statement(kLook));
    batch.push_back(Statement(kFollowers));
    Result<RowSets> sets = co_await query(std::move(batch), kPostgresAnswerMs);
    if (!sets) co_return sets.error();
    const clients::Rows& own = (*sets)[0];
    EngineFacts facts;
    facts.up = true;
    facts.writable = own.number(0, 0) == 0;
    facts.timeline = static_cast<uint64_t>(own.number(0, 1));
    facts.position = static_cast<uint64_t>(own.number(0, 2));
    facts.waits_for = settled(ids_in(own.view(0, 3)));
    facts.following = !facts.writable && own.number(0, 4) > 0;
    facts.counters["statements"] = static_cast<uint64_t>(own.number(0, 5));
    if (facts.following) streamed_at_ = monotonic_now();
    const clients::Rows& others = (*sets)[1];
    for (size_t i = 0; i < others.size() && facts.writable; ++i) {
      EngineFacts::Follower& follower = facts.followers[others.text(i, 0)];
      follower.position = static_cast<uint64_t>(others.number(i, 1));
      follower.has_all = follower.position >= facts.position;
      follower.caught_up =
          others.number(i, 2) == 1 && follower.position + kPostgresCaughtUpBytes >= facts.position;
    }
    co_return facts;
  }

  rt::Task<Status> be_primary(std::vector<std::string> waits_for) override {
    if (!opened_) co_return opened_;
    const bool fresh = files_.role().empty();
    if (fresh) {
      const Status made = co_await initialise();
      if (!made) co_return made;
    }
    // A standby that is half-way promoted has a role of its own, so that its data does not count as
    // a copy that can still follow.
    Status done = files_.role() == "standby" ? files_.set_role("promoting") : Status();
    const std::vector<std::string> nobody;
    if (done) done = files_.write_config(fresh ? nobody : waits_for);
    if (done && files_.role() == "primary" && !running()) done = files_.be_standby(false);
    if (!done) co_return done;
    if (running()) {
      ::kill(pid_, SIGHUP);
    } else {
      done = co_await start();
      if (!done) co_return done;
    }
    if (fresh) done = co_await set_up();
    if (done) done = co_await promote();
    if (done && files_.role() != "primary") done = files_.set_role("primary");
    if (done && fresh) done = files_.write_config(waits_for);
    if (done && fresh) ::kill(pid_, SIGHUP);
    note_names(waits_for);
    co_return done;
  }

  rt::Task<Status> follow(bool may_begin_again) override {
    if (!opened_) co_return opened_;
    const bool stuck = running() && may_begin_again && streamed_at_ > 0 &&
                       monotonic_now() > streamed_at_ + kPostgresStuckMs * kMillisecond;
    if (files_.role() != "standby" || stuck) {
      if (stuck) log::warn("streaming cannot go on from the data of this member");
      const Status copied = co_await copy();
      if (!copied) co_return copied;
    }
    if (running()) co_return Status();
    const std::vector<std::string> nobody;
    const Status written = files_.write_config(nobody);
    if (!written) co_return written;
    const Status started = co_await start();
    co_return started;
  }

  [[nodiscard]] std::string client_socket() const override {
    return std::string(kPostgresFolder) + "/.s.PGSQL.5432";
  }
  [[nodiscard]] uint32_t user() const override { return files_.user(); }
  [[nodiscard]] Incarnation incarnation() const override { return files_.incarnation(); }
  [[nodiscard]] bool running() const override { return children_.lives(pid_); }
  [[nodiscard]] bool died() const override { return children_.died(pid_); }
  void learn_members(std::map<std::string, std::string>) override {}  // followers send their names
  rt::Task<void> stop() override {
    admin_.abort();
    co_await children_.end(pid_, SIGINT, kPostgresStopMs);  // "fast": it ends all sessions
    children_.shut();
  }

 private:
  // A busy session reads the new configuration only before its next command, and no system view of
  // PostgreSQL shows when all have read it. So a name counts a moment after it was written.
  void note_names(const std::vector<std::string>& names) {
    std::map<std::string, Nanos> fresh;
    for (const std::string& name : names) {
      const auto known = named_at_.find(name);
      fresh[name] = known == named_at_.end() ? monotonic_now() : known->second;
    }
    named_at_ = std::move(fresh);
  }
  [[nodiscard]] std::vector<std::string> settled(std::vector<std::string> names) const {
    std::erase_if(names, [this](const std::string& name) {
      const auto known = named_at_.find(name);
      return known == named_at_.end() ||
             monotonic_now() < known->second + kPostgresSettleMs * kMillisecond;
    });
    return names;
  }

  rt::Task<Result<RowSets>> query(Batch batch, uint64_t ms_max) {
    const Nanos until = monotonic_now() + ms_max * kMillisecond;
    if (!admin_.up()) {
      const Status connected = co_await admin_.connect(until);
      if (!connected) co_return Error(Code::kUnavailable, connected.error().detail);
    }
    Outcome outcome = co_await admin_.execute(batch, false, until);
    if (outcome.error) co_return *outcome.error;
    co_return std::move(outcome.rows);
  }

  rt::Task<Status> run_sql(clients::PgConn& conn, std::string sql) {
    const Nanos until = monotonic_now() + kPostgresAnswerMs * kMillisecond;
    Batch batch;
    batch.push_back(Statement(std::move(sql)));
    if (!conn.up()) {
      const Status connected = co_await conn.connect(until);
      if (!connected) co_return connected;
    }
    const Outcome outcome = co_await conn.execute(batch, false, until);
    if (outcome.error) co_return *outcome.error;
    co_return Status();
  }

  rt::Task<Status> initialise() {
    const Status dropped = files_.drop();
    if (!dropped) co_return dropped;
    const std::string view = kPostgresView;
    const Status told = files_.write_password_file();
    if (!told) co_return told;
    Program program = files_.program(
        "initdb", {"-D", view + "/data", "-U", "multiaz", "-A", "scram-sha-256", "--pwfile",
                   view + "/password", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"});
    const Status ran = co_await children_.run(std::move(program), kPostgresInitMs);
    files_.remove_password_file();
    if (!ran) co_return ran;
    co_return files_.write_first_config();
  }

  // Creates the users and the database.
  rt::Task<Status> set_up() {
    const std::vector<std::string> orders = {
        "CREATE ROLE replicator LOGIN REPLICATION PASSWORD " +
            sql_text(files_.secret("replicator")),
        "CREATE ROLE shop LOGIN CREATEDB PASSWORD " + sql_text(config_.password),
        "CREATE DATABASE shop OWNER shop"};
    for (const std::string& sql : orders) {
      const Status done = co_await run_sql(admin_, sql);
      if (!done) co_return done;
    }
    co_return Status();
  }

  rt::Task<Status> start() {
    const std::string view = kPostgresView;
    const auto pid = children_.start(files_.program("postgres", {"-D", view + "/data"}));
    if (!pid) co_return pid.error();
    pid_ = *pid;
    streamed_at_ = monotonic_now();
    const Nanos until = monotonic_now() + kPostgresStartMs * kMillisecond;
    std::string problem;
    while (running() && monotonic_now() < until) {
      Batch batch;
      batch.push_back(Statement("SELECT 1"));
      const Result<RowSets> answer = co_await query(std::move(batch), kPostgresAnswerMs);
      if (answer) co_return Status();
      problem = answer.error().detail;
      co_await rt::sleep_ms(10);
    }
    co_await children_.end(pid_, SIGQUIT, kPostgresStopMs);
    co_return Error(Code::kUnavailable, "postgres did not start: " + problem);
  }

  // Has no effect on a primary.
  rt::Task<Status> promote() {
    Batch batch;
    batch.push_back(
        Statement("SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(true, 8)::int ELSE 1 END"));
    const Result<RowSets> sets = co_await query(std::move(batch), kPostgresPromoteMs);
    if (!sets) co_return sets.error();
    if (sets->front().number(0, 0) != 1) co_return Error(Code::kTimeout, "it is not promoted yet");
    co_return Status();
  }

  // Replaces the data by a fresh copy of the primary's.
  rt::Task<Status> copy() {
    admin_.abort();
    co_await children_.end(pid_, SIGQUIT, kPostgresStopMs);
    log::info("copies the primary");
    const Status dropped = files_.drop();
    if (!dropped) co_return dropped;
    const std::string view = kPostgresView;
    Program program =
        files_.program("pg_basebackup", {"-h", view + "/source", "-p", "5432", "-U", "replicator",
                                         "-D", view + "/data", "-X", "stream", "-c", "fast",
                                         "--no-password", "--no-sync"});
    const Status ran = co_await children_.run(std::move(program), kPostgresCopyMs);
    if (!ran) co_return ran;
    const Status signalled = files_.be_standby(true);
    if (!signalled) co_return signalled;
    co_return files_.set_role("standby");
  }

  EngineConfig config_;
  PostgresFiles files_;
  Status opened_;
  clients::PgConn admin_;
  Children children_;
  pid_t pid_ = 0;
  Nanos streamed_at_ = 0;
  std::map<std::string, Nanos> named_at_;  // members that commits wait for -> since when
};

}  // namespace

std::unique_ptr<Engine> make_postgres(EngineConfig config) {
  return std::make_unique<Postgres>(std::move(config));
}

}  // namespace multiaz::enginenode
