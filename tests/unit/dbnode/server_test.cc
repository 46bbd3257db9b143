// The loop side: commits that wait for the group, roles that come and go, endpoints that follow.
#include "dbnode/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "base/rt/sync.h"
#include "tests/unit/dbnode/session_support.h"

namespace multiaz::dbnode::test {
namespace {

using replication::Role;
using rt::Task;

// A group whose commits, role and lease the test decides.
class FakeGroup : public replication::Group {
 public:
  explicit FakeGroup(Database& database) : database_(database) {}

  Result<Lsn> append(std::string payload) override {
    if (!serving()) return Error(Code::kUnavailable);
    log.push_back(std::move(payload));
    tail = next(tail);
    if (commits_at_once) database_.committed(tail);
    return tail;
  }
  bool serving() const override { return role == Role::kPrimary && lease; }
  bool readable() const override { return role != Role::kNone; }
  Lsn commit_point() const override { return database_.store().committed(); }
  replication::GroupStatus status() const override {
    replication::GroupStatus out;
    out.role = role;
    out.epoch = Epoch(1);
    out.serving = serving();
    return out;
  }

  Role role = Role::kPrimary;
  bool lease = true;
  bool commits_at_once = true;
  Lsn tail;
  std::vector<std::string> log;

 private:
  Database& database_;
};

struct Cluster {
  Cluster() : group(database), server(config(), database, group) {
    database.on_role([this](Role role, Epoch, std::string_view) { server.role_changed(role); });
  }
  static ServerConfig config() {
    ServerConfig out;
    out.id = "db-a1";
    return out;
  }
  void become(Role role) {
    group.role = role;
    database.role_changed(role, Epoch(2), "the test says so");
  }

  Database database;
  FakeGroup group;
  Server server;
  rt::Stop stop;
  rt::Address address;
};

// A client: sends queries, reads until ReadyForQuery or the end.
class Dialer {
 public:
  Task<std::string> connect(rt::Address to) {
    rt::ConnectOptions options;
    options.to = to;
    auto conn = co_await rt::connect_tcp(options);
    if (!conn) co_return std::string("refused");
    conn_ = std::move(*conn);
    conn_->deadline_in_ms(20'000);
    wire::pg::StartupMessage startup;
    startup.params.emplace_back("user", "shop");
    std::string bytes;
    wire::pg::encode_startup(startup, bytes);
    (void)conn_->send(bytes);
    std::string answer = co_await read();
    co_return answer;
  }
  Task<std::string> query(std::string sql) {
    send(std::move(sql));
    std::string answer = co_await read();
    co_return answer;
  }
  void send(std::string sql) {
    wire::pg::Query query;
    query.sql = std::move(sql);
    std::string bytes;
    wire::pg::encode_frontend(query, bytes);
    (void)conn_->send(bytes);
  }
  Task<std::string> read() {
    std::string out;
    while (true) {
      const auto message = wire::pg::decode_backend(conn_->peek());
      if (message && *message) {
        const std::string text = describe(**message);
        conn_->consume((*message)->consumed);
        if (text[0] == 'S' || text[0] == 'R' || text[0] == 'K') continue;
        out += (out.empty() ? "" : " ") + text;
        if (text[0] == 'Z') co_return out;
        continue;
      }
      const Status more = co_await conn_->more();
      if (!more) co_return out + (out.empty() ? "" : " ") + "closed";
    }
  }
  bool answered() { return !conn_->peek().empty(); }

 private:
  std::unique_ptr<rt::Conn> conn_;
};

using Story = Task<void> (*)(Cluster&);

Task<int> play(Story story) {
  Cluster cluster;
  auto listener = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  if (!listener) co_return 1;
  cluster.address = (*listener)->address();
  rt::Nursery nursery;
  nursery.spawn("server", cluster.server.run(std::move(*listener), cluster.stop));
  co_await story(cluster);
  cluster.stop.request();
  co_await nursery.join();
  co_return 0;
}

void run_story(Story story) {
  EXPECT_EQ(rt::run(play(story)), 0);
}

// Waits for the condition, turn by turn of the loop: the only way in which these tests wait.
template <typename Condition>
Task<bool> until(Condition condition) {
  const Nanos limit = monotonic_now() + 20 * kSecond;
  while (!condition() && monotonic_now() < limit) co_await rt::sleep_ms(1);
  co_return condition();
}

Task<void> commits_wait(Cluster& cluster) {
  Dialer a, b;
  EXPECT_EQ(co_await a.connect(cluster.address), "Z(I)");
  EXPECT_EQ(co_await b.connect(cluster.address), "Z(I)");
  EXPECT_EQ(co_await a.query("CREATE TABLE t(n INT)"), "C(CREATE TABLE) Z(I)");
  cluster.group.commits_at_once = false;
  a.send("INSERT INTO t VALUES(1)");
  const auto first_appended = [&] { return cluster.group.tail == Lsn(2); };
  EXPECT_TRUE(co_await until(first_appended));
  b.send("INSERT INTO t SELECT n+1 FROM t");
  const auto second_appended = [&] { return cluster.group.tail == Lsn(3); };
  EXPECT_TRUE(co_await until(second_appended)) << "the lock is free once the first is published";
  EXPECT_FALSE(a.answered() || b.answered());
  cluster.database.committed(Lsn(2));
  EXPECT_EQ(co_await a.read(), "C(INSERT 0 1) Z(I)");
  EXPECT_EQ(co_await a.query("SELECT * FROM t"), "T(n:20) D(1) C(SELECT 1) Z(I)");
  EXPECT_FALSE(b.answered());
  cluster.database.committed(Lsn(3));
  EXPECT_EQ(co_await b.read(), "C(INSERT 0 1) Z(I)");
  EXPECT_EQ(co_await a.query("SELECT * FROM t"), "T(n:20) D(1) D(2) C(SELECT 2) Z(I)");
}
TEST(Server, AnswersACommitOnlyWhenTheGroupHasIt) {
  run_story(commits_wait);
}

Task<void> role_lost(Cluster& cluster) {
  Dialer a, b, c, d;
  (void)co_await a.connect(cluster.address);
  (void)co_await b.connect(cluster.address);
  (void)co_await c.connect(cluster.address);
  EXPECT_EQ(co_await a.query("CREATE TABLE t(n INT)"), "C(CREATE TABLE) Z(I)");
  cluster.group.commits_at_once = false;
  a.send("INSERT INTO t VALUES(1)");
  const auto appended = [&] { return cluster.group.tail == Lsn(2); };
  EXPECT_TRUE(co_await until(appended));
  c.send("SELECT pg_sleep(60)");
  co_await rt::sleep_ms(20);
  cluster.become(Role::kNone);
  EXPECT_TRUE(cluster.database.rollback(Lsn(1)));
  EXPECT_EQ((co_await a.read()).substr(0, 14), "E(FATAL 08007 ");
  EXPECT_EQ((co_await b.read()).substr(0, 14), "E(FATAL 57P01 ");
  EXPECT_EQ((co_await c.read()).substr(0, 14), "E(FATAL 57P01 ");
  EXPECT_EQ((co_await d.connect(cluster.address)).substr(0, 14), "E(FATAL 57P03 ");

  cluster.become(Role::kPrimary);
  cluster.group.commits_at_once = true;
  cluster.group.tail = Lsn(1);
  EXPECT_EQ(co_await d.connect(cluster.address), "Z(I)");
  EXPECT_EQ(co_await d.query("INSERT INTO t VALUES(7) RETURNING n"),
            "T(n:20) D(7) C(INSERT 0 1) Z(I)");
  EXPECT_EQ(co_await d.query("SELECT n FROM t"), "T(n:20) D(7) C(SELECT 1) Z(I)");
}
TEST(Server, TellsDoubtFromFailureWhenTheRoleIsLost) {
  run_story(role_lost);
}

Task<void> lease_lost(Cluster& cluster) {
  Dialer a, b;
  (void)co_await a.connect(cluster.address);
  (void)co_await b.connect(cluster.address);
  EXPECT_EQ(co_await b.query("CREATE TABLE t(n INT)"), "C(CREATE TABLE) Z(I)");
  EXPECT_EQ(co_await b.query("BEGIN; INSERT INTO t VALUES(1)"), "C(BEGIN) C(INSERT 0 1) Z(T)");
  cluster.group.lease = false;
  EXPECT_EQ((co_await a.query("SELECT 1")).substr(0, 14), "E(FATAL 57P01 ");
  EXPECT_EQ((co_await b.query("COMMIT")).substr(0, 14), "E(FATAL 57P01 ");
  cluster.group.lease = true;
  EXPECT_EQ(cluster.group.tail, Lsn(1));
  Dialer c;
  (void)co_await c.connect(cluster.address);
  EXPECT_EQ(co_await c.query("INSERT INTO t VALUES(2) RETURNING n"),
            "T(n:20) D(2) C(INSERT 0 1) Z(I)");
}
TEST(Server, ReadsNothingOutWithoutTheLease) {
  run_story(lease_lost);
}

Task<void> replica(Cluster& cluster) {
  Node primary;
  Talk writer(primary);
  Dialer early;
  cluster.become(Role::kLearner);
  EXPECT_EQ(co_await early.connect(cluster.address), "Z(I)");
  EXPECT_EQ((co_await early.query("SELECT * FROM t")).substr(0, 7), "E(42P01");
  writer.push(wire::pg::Query{"CREATE TABLE t(n INT); INSERT INTO t VALUES(3)"});
  while (writer.step() != Need::kCommit) writer.session().grant_writer();
  auto sealed = writer.session().take_commit();
  cluster.database.apply(Lsn(1), sealed->take_payload());
  sealed.reset();
  writer.session().refuse(make_fatal("08007", "the test has it"));
  (void)writer.step();
  EXPECT_EQ(co_await early.query("SELECT * FROM t"), "T(n:20) D(3) C(SELECT 1) Z(I)");
  EXPECT_EQ((co_await early.query("DELETE FROM t")).substr(0, 7), "E(25006");
  cluster.become(Role::kPrimary);
  EXPECT_EQ((co_await early.read()).substr(0, 14), "E(FATAL 57P01 ");
}
TEST(Server, AReplicaServesWhatItWasGiven) {
  run_story(replica);
}

Task<void> store_answer(Dialer& dialer, rt::Address address, std::string& out) {
  out = co_await dialer.connect(address);
}

Task<void> endpoints(Cluster& cluster) {
  const auto fd = rt::open_listening_socket(rt::make_address(0x7f000001, 0));
  EXPECT_TRUE(fd.ok());
  setenv("MULTIAZ_LISTEN", ("db=" + std::to_string(*fd)).c_str(), 1);
  // The first server has no endpoints; this one inherits the descriptor.
  Server second(Cluster::config(), cluster.database, cluster.group);
  rt::Stop stop;
  rt::Nursery nursery;
  auto own = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  cluster.group.lease = false;
  nursery.spawn("second", second.run(std::move(*own), stop));
  unsetenv("MULTIAZ_LISTEN");
  const auto probe = rt::Listener::adopt(*fd);
  const rt::Address address = (*probe)->address();
  (*probe)->close();

  Dialer patient;
  std::string greeting;
  nursery.spawn("dial", store_answer(patient, address, greeting));
  co_await rt::sleep_ms(100);
  EXPECT_EQ(greeting, "") << "it waits in the backlog, neither refused nor swallowed";
  cluster.group.lease = true;
  const auto greeted = [&] { return !greeting.empty(); };
  EXPECT_TRUE(co_await until(greeted));
  EXPECT_EQ(greeting, "Z(I)");
  stop.request();
  co_await nursery.join();
  ::close(*fd);
}
TEST(Server, AnEndpointIsOpenOnlyForWhoHasTheRole) {
  run_story(endpoints);
}

}  // namespace
}  // namespace multiaz::dbnode::test
