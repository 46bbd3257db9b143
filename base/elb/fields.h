// The members of one JSON object of a document, with the place of each for messages.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/elb/read_document.h"

namespace multiaz::elb {

// HealthCheckPath as it is spelled in that document: health_check_path.
std::string spelled(std::string_view aws, Spelling spelling);

// All objects of a text share this.
struct ReadContext {
  Spelling spelling = Spelling::kAws;
  std::vector<Mistake> mistakes;
  void wrong(std::string place, std::string text) {
    mistakes.push_back({std::move(place), std::move(text)});
  }
};

// Keys are given as elbv2 spells them. A key that is absent leaves the variable as it is.
class ObjectFields {
 public:
  // REQUIRES: all outlive it. A value that is no object is a mistake and has no members.
  ObjectFields(ReadContext& context, const nlohmann::json& from, std::string place);

  [[nodiscard]] bool has(std::string_view key) const;
  bool text(std::string_view key, std::string& out, size_t bytes_max);
  bool number(std::string_view key, int64_t low, int64_t high, int64_t& out);
  bool flag(std::string_view key, bool& out);
  // Seconds with up to three decimals.
  bool seconds(std::string_view key, uint64_t low_ms, uint64_t high_ms, uint64_t& out_ms);
  std::vector<std::string> texts(std::string_view key, size_t bytes_max);
  // Calls `each` with every item of an array and its place.
  using Each = std::function<void(const nlohmann::json&, const std::string&)>;
  void items(std::string_view key, const Each& each);
  // The value under the key, and its place; nullptr when it is absent.
  const nlohmann::json* member(std::string_view key);
  [[nodiscard]] std::string place_of(std::string_view key) const;
  void wrong(std::string_view key, std::string text) { context_.wrong(place_of(key), text); }
  // To be called last: every key that was not asked for is a mistake.
  void finish();

 private:
  const nlohmann::json* find(std::string_view key);

  ReadContext& context_;
  const nlohmann::json& from_;
  std::string place_;
  std::vector<std::string> asked_;
};

// A scalar of JSON as the text that elbv2 would have: "true", "60".
std::string scalar_text(const nlohmann::json& value);
// The only protocol that is built.
void need_http(ObjectFields& fields, std::string_view key);

}  // namespace multiaz::elb
