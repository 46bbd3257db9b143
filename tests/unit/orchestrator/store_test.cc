// The data that survives the orchestrator: the store, and the faults and event log in it.
#include "orchestrator/shell/store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

#include "base/rt/loop.h"
#include "orchestrator/shell/event_log.h"
#include "orchestrator/faults/fault_table.h"
#include "orchestrator/shell/secrets.h"

namespace multiaz::orchestrator {
namespace {

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    char folder[] = "/tmp/multiaz-store-XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~StoreTest() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Store> open() {
    auto store = Store::open(folder_ + "/orchestrator.db");
    EXPECT_TRUE(store.ok());
    return std::move(*store);
  }
  std::string folder_;
};

TEST_F(StoreTest, KeepsEverythingOverARestart) {
  {
    auto store = open();
    EXPECT_EQ(*store->meta("plan"), "");
    EXPECT_TRUE(store->set_meta("plan", "{\"a\":1}").ok());
    EXPECT_TRUE(store->set_launches({{"web-a1", 1}, {"web-b1", 1}}).ok());
    EXPECT_TRUE(store->set_launches({{"web-a1", 2}}).ok());
    EXPECT_TRUE(store->set_group_state("db", "state 1").ok());
    EXPECT_TRUE(store->set_group_state("db", "state 2").ok());
    EXPECT_TRUE(store->set_zone_holds({{"az-b", 123}}).ok());
    EXPECT_TRUE(store->add_events({{1, "one"}, {2, "two"}, {3, "three"}}).ok());
  }
  auto store = open();
  EXPECT_EQ(*store->meta("plan"), "{\"a\":1}");
  EXPECT_EQ(*store->launches(), (std::map<std::string, uint64_t>{{"web-a1", 2}, {"web-b1", 1}}));
  EXPECT_EQ(*store->group_state("db"), "state 2");
  EXPECT_EQ(*store->group_state("cache"), "");
  EXPECT_EQ(*store->zone_holds(), (std::map<std::string, uint64_t>{{"az-b", 123}}));
  EXPECT_EQ(*store->last_events(2), (std::vector<std::string>{"two", "three"}));
}

TEST_F(StoreTest, AFileThatIsNoDatabaseIsNamed) {
  const std::string path = folder_ + "/orchestrator.db";
  FILE* file = fopen(path.c_str(), "w");
  fputs("this is no database, and long enough to be seen as such", file);
  fclose(file);
  const auto store = Store::open(path);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, Code::kIo);
  EXPECT_EQ(store.error().detail.find(path), 0U);
}

Fault cut(const std::string& a, const std::string& b, Nanos until) {
  Fault fault;
  fault.kind = "cut";
  fault.owner = "test";
  fault.a = a;
  fault.b = b;
  fault.from = {"127.20.1.51"};
  fault.to = {"127.20.2.51", "127.20.3.51"};
  fault.until = until;
  return fault;
}

TEST_F(StoreTest, FaultsExpireHealAndSurvive) {
  const Nanos now = 100 * kSecond;
  {
    auto store = open();
    FaultTable table(*store);
    EXPECT_EQ(table.add(cut("db-a1", "db", now + kSecond))->id, "f1");
    EXPECT_EQ(table.add(cut("web", "db", now + 2 * kSecond))->id, "f2");
    EXPECT_EQ(table.add(cut("lb", "web", now + 3 * kSecond))->id, "f3");
  }
  auto store = open();
  FaultTable table(*store);
  EXPECT_TRUE(table.load().ok());
  EXPECT_EQ(table.all().size(), 3U);
  const auto infos = table.to_wire(now);
  ASSERT_EQ(infos.size(), 6U);  // every pair of ends
  EXPECT_EQ(infos[0].a, "127.20.1.51");
  EXPECT_EQ(infos[0].b, "127.20.2.51");
  EXPECT_EQ(infos[0].ttl_ms, 1000U);
  EXPECT_EQ(table.expire(now + kSecond).size(), 1U);
  EXPECT_EQ(table.heal("f9").size(), 0U);
  EXPECT_EQ(table.heal("f2").size(), 1U);
  EXPECT_EQ(table.heal("all").size(), 1U);
  EXPECT_EQ(table.add(cut("a", "b", now))->id, "f4");
}

TEST_F(StoreTest, UnknownFaultsAreRefused) {
  auto store = open();
  FaultTable table(*store);
  Fault fault = cut("a", "b", 1);
  fault.kind = "melt";
  EXPECT_TRUE(table.add(fault).error().detail.starts_with(
      "unknown fault 'melt': the faults are cut, cut_one_way, delay, black_hole, "));
  fault.kind = "delay";
  EXPECT_EQ(table.add(fault).error().detail, "a delay needs delay_ms or jitter_ms");
}

Store* g_store = nullptr;

rt::Task<int> write_events() {
  EventLog log(*g_store);
  EXPECT_TRUE(log.load().ok());
  const uint64_t before = log.last_seq();
  for (int i = 0; i < 3; ++i) {
    Event event;
    event.source = "test";
    event.kind = "count";
    event.text = std::to_string(i);
    log.add(std::move(event));
  }
  EXPECT_EQ(log.after(before, 10).size(), 3U);
  EXPECT_EQ(log.after(before + 1, 10).size(), 2U);
  EXPECT_EQ(log.after(before, 1).size(), 1U);
  EXPECT_EQ(log.after(log.last_seq(), 10).size(), 0U);
  EXPECT_EQ(log.after(log.last_seq() + 100, 10).size(), 0U);
  co_await rt::yield();  // the events are stored at the end of the turn
  co_return 0;
}

TEST_F(StoreTest, EventsGoOnCountingAfterARestart) {
  {
    auto store = open();
    g_store = store.get();
    rt::run(write_events());
  }
  auto store = open();
  g_store = store.get();
  rt::run(write_events());
  EXPECT_EQ(store->last_events(100)->size(), 6U);
}

TEST(Secrets, AreFilledIntoTexts) {
  Secrets secrets;
  secrets.named["db_password"] = "s3cret";
  EXPECT_EQ(*fill_in(secrets, "postgresql://shop:${db_password}@h/shop"),
            "postgresql://shop:s3cret@h/shop");
  EXPECT_EQ(fill_in(secrets, "${nothing}").error().detail, "unknown secret ${nothing}");
  EXPECT_EQ(environment_name("db_password"), "MULTIAZ_DB_PASSWORD");
}

}  // namespace
}  // namespace multiaz::orchestrator
