// Dict: compared with a map, and its scan cursor while the table grows and shrinks.
#include "cachenode/keyspace/dict.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace multiaz::cachenode {
namespace {

std::string key_of(uint64_t number) {
  return "key:" + std::to_string(number);
}

TEST(Dict, BehavesLikeAMap) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Dict<std::string> dict(seed);
    std::map<std::string, std::string> model;
    const uint64_t keys = random.between(1, 3000);
    for (int step = 0; step < 20000; ++step) {
      const std::string key = key_of(random.below(keys));
      if (random.percent(step % 4000 < 2000 ? 70 : 20)) {
        dict.find_or_add(key).value = std::to_string(step);
        model[key] = std::to_string(step);
      } else {
        const auto taken = dict.take(key);
        ASSERT_EQ(taken.has_value(), model.count(key) == 1);
        if (taken) {
          ASSERT_EQ(*taken, model[key]);
        }
        model.erase(key);
      }
      ASSERT_EQ(dict.size(), model.size());
    }
    std::map<std::string, std::string> contents;
    dict.for_each([&](const auto& node) { contents.emplace(node.key(), node.value); });
    EXPECT_EQ(contents, model);
    for (const auto& [key, value] : model) ASSERT_EQ(dict.find(key)->value, value);
    dict.clear();
    EXPECT_EQ(dict.heap_bytes(), 0u);
  }
}

// Elements that exist from the first to the last call of a scan are visited exactly once, while
// others come and go and the table is resized up and down.
TEST(Dict, ScanMeetsWhatStaysExactlyOnce) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Dict<int> dict(seed);
    std::set<std::string> staying;
    for (uint64_t i = random.below(300); i > 0; --i) {
      staying.insert(key_of(i));
      dict.find_or_add(key_of(i)).value = 1;
    }
    uint64_t passing = 0;
    for (uint64_t target = random.below(2000); passing < target; ++passing) {
      dict.find_or_add("passing:" + std::to_string(passing));
    }
    std::multiset<std::string> met;
    uint64_t cursor = 0, turns = 0;
    do {
      cursor = dict.scan(cursor, [&](const auto& node) {
        if (node.value == 1) met.emplace(node.key());
      });
      const bool growing = (turns++ / 60) % 2 == 0;
      for (uint64_t i = random.below(60); i > 0; --i) {
        if (growing)
          dict.find_or_add("passing:" + std::to_string(passing++));
        else if (passing > 0)
          dict.take("passing:" + std::to_string(--passing));
      }
      ASSERT_LT(turns, 200000u);
    } while (cursor != 0);
    EXPECT_EQ(std::set<std::string>(met.begin(), met.end()), staying);
    EXPECT_EQ(met.size(), staying.size());
  }
}

TEST(Dict, AnyNumberIsACursor) {
  Dict<int> dict(1);
  for (uint64_t i = 0; i < 100; ++i) dict.find_or_add(key_of(i));
  Random random(3);
  for (int i = 0; i < 1000; ++i) dict.scan(random.next(), [](const auto&) {});
}

TEST(Dict, PicksEveryElement) {
  Random random(5);
  Dict<int> dict(5);
  EXPECT_EQ(dict.pick(random), nullptr);
  for (uint64_t i = 0; i < 50; ++i) dict.find_or_add(key_of(i));
  std::set<std::string> picked;
  for (int i = 0; i < 5000; ++i) picked.emplace(dict.pick(random)->key());
  EXPECT_EQ(picked.size(), 50u);
}

}  // namespace
}  // namespace multiaz::cachenode
