// DynamoDB's expressions, numbers and values: any text is refused with a message or has a
// consistent meaning.
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "awsapi/dynamodb/evaluate.h"
#include "awsapi/dynamodb/number.h"
#include "awsapi/dynamodb/value.h"
#include "base/core/check.h"

using namespace multiaz::awsapi::dynamodb;
using nlohmann::json;

namespace {

Item sample() {
  Item item =
      json::parse(R"({"a":{"S":"text"},"b":{"N":"12.5"},"c":{"L":[{"N":"1"},{"S":"x"}]},)"
                  R"("d":{"M":{"e":{"SS":["p","q"]}}},"f":{"BOOL":true},"g":{"NS":["1","2"]}})");
  CHECK(check_item(item).ok());
  return item;
}

Placeholders given() {
  auto out = Placeholders::read(
      json::parse(R"({"#a":"a","#d":"d"})"),
      json::parse(R"({":n":{"N":"3"},":s":{"S":"x"},":l":{"L":[{"N":"7"}]},":t":{"NS":["2"]}})"));
  CHECK(out.ok());
  return std::move(*out);
}

void conditions(const std::string& text) {
  Placeholders names = given();
  const auto condition = parse_condition(text, "ConditionExpression", names);
  if (!condition) return;
  const auto once = holds(**condition, sample()), again = holds(**condition, sample());
  CHECK(once.ok() == again.ok() && (!once || *once == *again));
  (void)holds(**condition, Item());
}

void updates(const std::string& text) {
  Placeholders names = given();
  const auto update = parse_update(text, names);
  if (!update) return;
  Item item = sample();
  std::set<std::string> touched;
  const auto done = apply_update(*update, item, touched);
  if (!done) {
    CHECK(item == sample());  // a refused update changes nothing
    return;
  }
  Item checked = item;
  CHECK(check_item(checked).ok());
}

void projections(const std::string& text) {
  Placeholders names = given();
  const auto paths = parse_projection(text, names);
  if (!paths) return;
  Item shown = project(sample(), *paths);
  CHECK(shown.is_object() && bytes_of_item(shown) <= bytes_of_item(sample()));
}

void numbers(const std::string& text) {
  const auto number = parse_number(text);
  if (!number) return;
  const auto again = parse_number(to_text(*number));
  CHECK(again.ok() && *again == *number);
  const auto nothing = add(*number, negated(*number));
  CHECK(!nothing || nothing->digits.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  conditions(text);
  updates(text);
  projections(text);
  numbers(text);
  json value = json::parse(text, nullptr, false);
  if (value.is_object() && check_value(value)) {
    json again = value;
    CHECK(check_value(again).ok() && equal(value, again));
  }
  return 0;
}
