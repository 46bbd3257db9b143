#include "awsapi/dynamodb/expression.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "awsapi/dynamodb/evaluate.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {
namespace {

using nlohmann::json;

const json kNames = {{"#n", "name.with.dots"}};
const json kValues = {{":one", {{"N", "1"}}}, {":x", {{"S", "x"}}}};

std::string answer(const std::string& condition, const Item& item) {
  auto given = Placeholders::read(kNames, kValues);
  const auto parsed = parse_condition(condition, "ConditionExpression", *given);
  if (!parsed) return parsed.error().detail;
  const auto met = holds(**parsed, item);
  return met ? (*met ? "yes" : "no") : met.error().detail;
}

TEST(Expression, AndBindsTighterThanOrAndNotTightest) {
  const Item item = {{"a", {{"N", "1"}}}, {"name.with.dots", {{"S", "x"}}}};
  EXPECT_EQ(answer("a = :one OR a = :x AND a = :x", item), "yes");
  EXPECT_EQ(answer("(a = :one OR a = :x) AND a = :x", item), "no");
  EXPECT_EQ(answer("NOT a = :x AND #n = :x", item), "yes");
  EXPECT_EQ(answer("NOT (a = :one AND #n = :x)", item), "no");
  EXPECT_EQ(answer("a BETWEEN :one AND :one AND #n = :x", item), "yes") << "two kinds of AND";
}

TEST(Expression, WhatIsNotThereIsUnequal) {
  EXPECT_EQ(answer("gone = :x", Item::object()), "no");
  EXPECT_EQ(answer("gone <> :x", Item::object()), "yes");
  EXPECT_EQ(answer("gone < :one", Item::object()), "no");
}

TEST(Expression, MistakesSayWhatAndWhere) {
  for (const auto& [text, part] : {std::pair{"a =", "<EOF>"},
                                   {"a = :two", "not defined; attribute value: :two"},
                                   {"#q = :x", "not defined; attribute name: #q"},
                                   {"a == :x", "Syntax error"},
                                   {"a = :x)", "token: \")\""},
                                   {"nofun(a)", "Invalid function name; function: nofun"},
                                   {"contains(a)", "number of operands: 1"},
                                   {"", "can not be empty"}}) {
    EXPECT_NE(answer(text, Item::object()).find(part), std::string::npos)
        << text << ": " << answer(text, Item::object());
  }
}

TEST(Expression, DepthIsBounded) {
  const std::string deep = std::string(2000, '(') + "a = :x" + std::string(2000, ')');
  EXPECT_NE(answer(deep, Item::object()), "yes");
  std::string nots;
  for (int i = 0; i < 900; ++i) nots += "NOT ";
  EXPECT_NE(answer(nots + "a = :x", Item::object()), "yes");
}

TEST(Expression, AnyBytesAreAnsweredInWords) {
  Random random(3);
  const std::string alphabet = "a:x#n()[]=<>,. ANDORNTSET+-0129\"";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (uint64_t n = random.below(30); n > 0; --n) text += alphabet[random.below(alphabet.size())];
    auto given = Placeholders::read(kNames, kValues);
    (void)parse_condition(text, "ConditionExpression", *given);
    auto update = parse_update(text, *given);
    Item item = {{"a", {{"L", json::array({{{"N", "1"}}})}}}};
    std::set<std::string> touched;
    if (update) (void)apply_update(*update, item, touched);
    (void)parse_projection(text, *given);
  }
}

TEST(Value, IsCheckedOnce) {
  for (const char* good : {R"({"S":""})", R"({"N":"1"})", R"({"L":[{"NULL":true}]})",
                           R"({"M":{"a":{"BS":["YQ=="]}}})"}) {
    Value value = json::parse(good);
    EXPECT_TRUE(check_value(value).ok()) << good;
  }
  for (const char* bad : {R"({})", R"({"S":1})", R"({"S":"a","N":"1"})", R"({"N":"x"})",
                          R"({"SS":[]})", R"({"NS":["1","1.0"]})", R"({"NULL":false})",
                          R"({"B":"***"})", R"({"Q":1})", R"("S")", R"({"M":[]})"}) {
    Value value = json::parse(bad);
    EXPECT_FALSE(check_value(value).ok()) << bad;
  }
  std::string deep = R"({"S":"x"})";
  for (int i = 0; i < 40; ++i) deep = R"({"L":[)" + deep + "]}";
  Value value = json::parse(deep);
  EXPECT_FALSE(check_value(value).ok());
}

}  // namespace
}  // namespace multiaz::awsapi::dynamodb
