// Whole requests: whatever a field contains, the answer is AWS's or a refusal in its words.
#include "awsapi/dynamodb/service.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/core/jsonio.h"
#include "base/rt/loop.h"
#include "tests/unit/awsapi/memory_store.h"
#include "tests/unit/awsapi/sample_requests.h"

namespace multiaz::awsapi::dynamodb {
namespace {

using nlohmann::json;

constexpr uint64_t kPatienceMs = 5000;

const std::set<std::string> kRefusals = {"ValidationException",
                                         "SerializationException",
                                         "ResourceNotFoundException",
                                         "ResourceInUseException",
                                         "ConditionalCheckFailedException",
                                         "TransactionCanceledException",
                                         "IdempotentParameterMismatchException",
                                         "UnknownOperationException"};

rt::Task<Answer> call_one(Service& service, std::string operation, std::string body) {
  co_return co_await answer(service, operation, body, monotonic_now() + kPatienceMs * kMillisecond);
}

rt::Task<void> set_up(Service& service) {
  for (const auto& [operation, body] : preparing_requests()) {
    const auto done = co_await call_one(service, operation, jsonio::dump(body));
    EXPECT_TRUE(done.ok()) << operation << ": " << (done ? "" : done.error().message);
  }
}

// Lists every value within, by its place.
void places(const json& value, const json::json_pointer& at, std::vector<json::json_pointer>& out) {
  if (value.is_structured()) {
    for (const auto& [key, inner] : value.items()) places(inner, at / key, out);
  }
  if (!at.empty()) out.push_back(at);
}

json nested(int depth) {
  json out = {{"S", "x"}};
  for (int i = 0; i < depth; ++i) out = {{"L", json::array({out})}};
  return out;
}

std::vector<json> strange_values() {
  return {nullptr,
          true,
          false,
          5,
          -1,
          1e300,
          18446744073709551615u,
          "",
          "text",
          "a|b|c",
          "\"'\\",
          "\u0000",
          json::array(),
          json::object(),
          json::array({5}),
          json::array({nullptr}),
          {{"S", 5}},
          {{"N", "x"}},
          {{"S", "a"}, {"N", "1"}},
          {{"|", "x"}},
          nested(20),
          nested(34)};
}

rt::Task<void> check(Service& service, std::string operation, json body, json::json_pointer at) {
  const auto done = co_await call_one(service, operation, jsonio::dump(body));
  if (done) co_return;
  const Fault& why = done.error();
  EXPECT_EQ(why.status, 400) << operation << at << why.message;
  EXPECT_TRUE(kRefusals.contains(why.type)) << why.type << " of " << operation << at;
  EXPECT_FALSE(why.message.empty());
}

rt::Task<int> replace_each_field() {
  MemoryStore store;
  Service service{store};
  co_await set_up(service);
  for (const auto& [operation, body] : sample_requests()) {
    const auto good = co_await call_one(service, operation, jsonio::dump(body));
    EXPECT_TRUE(good.ok()) << operation << ": " << (good ? "" : good.error().message);
    std::vector<json::json_pointer> all;
    places(body, json::json_pointer(), all);
    for (const auto& at : all) {
      for (const json& value : strange_values()) {
        store.clear();
        co_await set_up(service);
        json changed = body;
        changed[at] = value;
        co_await check(service, operation, changed, at);
      }
      json less = body;
      if (less[at.parent_pointer()].is_object()) {
        less[at.parent_pointer()].erase(at.back());
        co_await check(service, operation, less, at);
      }
    }
  }
  co_return 0;
}

TEST(Service, EachFieldOfEachOperationMayBeAnything) {
  EXPECT_EQ(rt::run(replace_each_field()), 0);
}

struct Refused {
  const char *operation, *body, *type, *part;
};
constexpr Refused kRefused[] = {
    {"a|b|c", "{}", "UnknownOperationException", "a|b|c"},
    {"Scan", R"({"TableName":"t|a","Select":"COUNT"})", "ValidationException", "t|a"},
    {"Scan", R"({"TableName":"tab","Select":5})", "SerializationException",
     "Select: NUMBER_VALUE cannot be converted to String"},
    {"Scan", R"({"TableName":"tab","Select":"SOME"})", "ValidationException",
     "Value 'SOME' at 'select' failed"},
    {"Query",
     R"({"TableName":"tab","KeyConditionExpression":"p = :p","ScanIndexForward":"false",)"
     R"("ExpressionAttributeValues":{":p":{"S":"a"}}})",
     "SerializationException", "ScanIndexForward: STRING_VALUE cannot be converted to Boolean"},
    {"CreateTable",
     R"({"TableName":"new","KeySchema":[{"AttributeName":"p","KeyType":"HASH"}],)"
     R"("AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}],)"
     R"("ProvisionedThroughput":{"ReadCapacityUnits":"5","WriteCapacityUnits":5}})",
     "SerializationException", "ReadCapacityUnits: STRING_VALUE cannot be converted to Integer"},
    {"BatchWriteItem", R"({"RequestItems":{"tab":[5]}})", "SerializationException",
     "RequestItems: NUMBER_VALUE"},
    {"GetItem",
     R"({"TableName":"tab","Key":{"p":{"S":"a"},"s":{"N":"1"}},"ReturnConsumedCapacity":"foo"})",
     "ValidationException",
     "Value 'foo' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy "
     "enum value set: [INDEXES, TOTAL, NONE]"},
    {"GetItem", "[]", "SerializationException", "no JSON object"},
    {"GetItem", "{\"TableName\":\"\xff\"}", "SerializationException", "no JSON"},
};

rt::Task<int> refuse_with_words() {
  MemoryStore store;
  Service service{store};
  co_await set_up(service);
  for (const Refused& one : kRefused) {
    const auto done = co_await call_one(service, one.operation, one.body);
    EXPECT_FALSE(done.ok()) << one.body;
    if (done) continue;
    EXPECT_EQ(done.error().type, one.type) << one.body;
    EXPECT_NE(done.error().message.find(one.part), std::string::npos) << done.error().message;
  }
  co_return 0;
}

TEST(Service, RefusalsAreAwsTypesWithTheFieldAndWhatIsAllowed) {
  EXPECT_EQ(rt::run(refuse_with_words()), 0);
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

rt::Task<int> deep_expressions() {
  MemoryStore store;
  Service service{store};
  co_await set_up(service);
  const json key = {{"p", {{"S", "a"}}}, {"s", {{"N", "1"}}}};
  const auto with = [&](const char* field, const std::string& text) {
    json body = {{"TableName", "tab"}, {field, text}};
    body[std::string(field) == "KeyConditionExpression" ? "Limit" : "Key"] =
        std::string(field) == "KeyConditionExpression" ? json(1) : key;
    body["ExpressionAttributeValues"] = {{":l", {{"L", json::array()}}}};
    return jsonio::dump(body);
  };
  for (const int times : {80, 200'000}) {
    const std::pair<const char*, std::string> calls[] = {
        {"UpdateItem", with("UpdateExpression", "SET a = " + repeated("list_append(", times))},
        {"UpdateItem", with("UpdateExpression", "SET a = " + repeated("if_not_exists(a, ", times))},
        {"UpdateItem", with("UpdateExpression", "REMOVE " + repeated("a[1]", times))},
        {"DeleteItem", with("ConditionExpression", repeated("(", times) + "a = :l")},
        {"DeleteItem", with("ConditionExpression", repeated("NOT ", times) + "a = :l")},
        {"GetItem", with("ProjectionExpression", repeated("a[0]", times) + ", a")},
        {"Query", with("KeyConditionExpression", repeated("(", times) + "p = :l")},
        {"GetItem", "{\"Key\":" + repeated("[", times) + repeated("]", times) + "}"}};
    for (const auto& [operation, body] : calls) {
      const auto done = co_await call_one(service, operation, body);
      EXPECT_FALSE(done.ok()) << operation << times;
      if (!done) EXPECT_EQ(done.error().status, 400);
    }
  }
  co_return 0;
}

TEST(Service, DeepAndLongExpressionsAreRefused) {
  EXPECT_EQ(rt::run(deep_expressions()), 0);
}

rt::Task<int> bombs() {
  MemoryStore store;
  Service service{store};
  co_await set_up(service);
  const json key = {{"p", {{"S", "a"}}}, {"s", {{"N", "1"}}}};
  json list = json::array();
  for (int i = 0; i < 3000; ++i) list.push_back({{"S", std::string(100, 'x')}});
  std::string append = ":l", set = "SET ";
  for (int i = 0; i < 60; ++i) append = "list_append(:l, " + append + ")";
  for (int i = 0; i < 500; ++i) set += (i ? ", b" : "b") + std::to_string(i) + "=:l";
  for (const std::string& expression : {"SET a = " + append, set}) {
    const json body = {{"TableName", "tab"},
                       {"Key", key},
                       {"UpdateExpression", expression},
                       {"ExpressionAttributeValues", {{":l", {{"L", list}}}}}};
    const auto done = co_await call_one(service, "UpdateItem", jsonio::dump(body));
    EXPECT_FALSE(done.ok());
    if (!done) EXPECT_NE(done.error().message.find("size"), std::string::npos);
  }
  co_return 0;
}

TEST(Service, OneValueNamedAHundredTimesIsNotMadeAHundredTimes) {
  EXPECT_EQ(rt::run(bombs()), 0);
}

json capacity_of(const Answer& done) {
  return done && done->contains("ConsumedCapacity") ? (*done)["ConsumedCapacity"] : json();
}

rt::Task<int> tell_capacity() {
  MemoryStore store;
  Service service{store};
  for (const auto& [operation, sample] : sample_requests()) {
    const bool counted = operation.ends_with("Item") || operation.ends_with("Items") ||
                         operation == "Query" || operation == "Scan";
    if (!counted) continue;
    for (const char* word : {"NONE", "TOTAL", "INDEXES", "foo"}) {
      store.clear();
      co_await set_up(service);
      json body = sample;
      body["ReturnConsumedCapacity"] = word;
      const auto done = co_await call_one(service, operation, jsonio::dump(body));
      EXPECT_EQ(done.ok(), std::string(word) != "foo") << operation;
      if (!done) continue;
      const json told = capacity_of(done);
      EXPECT_EQ(told.is_null(), std::string(word) == "NONE") << operation << " " << word;
      if (told.is_null()) continue;
      const bool many = operation.starts_with("Batch") || operation.starts_with("Transact");
      EXPECT_EQ(told.is_array(), many) << operation;
      const json& one = many ? told[0] : told;
      EXPECT_EQ(one["TableName"], "tab");
      EXPECT_GT(one["CapacityUnits"], 0.0);
      EXPECT_EQ(one.contains("Table"), std::string(word) == "INDEXES") << operation;
    }
  }
  co_return 0;
}

TEST(Service, ConsumedCapacityIsToldByEveryOperationThatHasIt) {
  EXPECT_EQ(rt::run(tell_capacity()), 0);
}

}  // namespace
}  // namespace multiaz::awsapi::dynamodb
