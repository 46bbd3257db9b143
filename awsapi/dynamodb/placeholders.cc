// Names and values that come with an expression, and paths as text.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/expression.h"

namespace multiaz::awsapi::dynamodb {

using nlohmann::json;

std::string to_text(const Path& path) {
  std::string out;
  for (const PathStep& step : path) {
    if (step.index >= 0)
      out += "[" + std::to_string(step.index) + "]";
    else
      out += (out.empty() ? "" : ".") + step.name;
  }
  return out;
}

std::string overlap_of(const std::vector<Path>& paths) {
  const auto is_prefix = [](const Path& a, const Path& b) {
    return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
  };
  for (size_t i = 0; i < paths.size(); ++i) {
    for (size_t j = i + 1; j < paths.size(); ++j) {
      if (!is_prefix(paths[i], paths[j]) && !is_prefix(paths[j], paths[i])) continue;
      return "Two document paths overlap with each other; must remove or rewrite one of these "
             "paths; path one: [" +
             to_text(paths[i]) + "], path two: [" + to_text(paths[j]) + "]";
    }
  }
  return "";
}

Result<Placeholders> Placeholders::read(const json& names, const json& values) {
  Placeholders out;
  size_t bytes = 0;
  if (!names.is_null() && (!names.is_object() || names.empty())) {
    return Error(Code::kInvalid, "ExpressionAttributeNames must not be empty");
  }
  if (!values.is_null() && (!values.is_object() || values.empty())) {
    return Error(Code::kInvalid, "ExpressionAttributeValues must not be empty");
  }
  for (auto one = names.begin(); one != names.end(); ++one) {
    if (!one.key().starts_with('#') || !one->is_string()) {
      return Error(Code::kInvalid,
                   "ExpressionAttributeNames contains invalid key: Syntax error; "
                   "key: \"" +
                       one.key() + "\"");
    }
    const auto& name = one->get_ref<const std::string&>();
    bytes += one.key().size() + name.size();
    out.names_[one.key()] = name;
  }
  for (auto one = values.begin(); one != values.end(); ++one) {
    if (!one.key().starts_with(':')) {
      return Error(Code::kInvalid,
                   "ExpressionAttributeValues contains invalid key: Syntax error; "
                   "key: \"" +
                       one.key() + "\"");
    }
    Value value = one.value();
    const Status good = check_value(value);
    if (!good) {
      return Error(Code::kInvalid, "ExpressionAttributeValues contains invalid value: " +
                                       good.error().detail + " for key " + one.key());
    }
    bytes += one.key().size() + bytes_of(value);
    out.values_[one.key()] = std::make_shared<const Value>(std::move(value));
  }
  if (bytes > kPlaceholderBytesMax) {
    return Error(Code::kInvalid,
                 "The names and values of the expressions have exceeded the maximum allowed size "
                 "of 2 MB");
  }
  return out;
}

Result<std::string> Placeholders::name(const std::string& placeholder) {
  const auto found = names_.find(placeholder);
  if (found == names_.end()) {
    return Error(Code::kInvalid,
                 "An expression attribute name used in the document path is not "
                 "defined; attribute name: " +
                     placeholder);
  }
  used_.insert(placeholder);
  return found->second;
}

Result<std::shared_ptr<const Value>> Placeholders::value(const std::string& placeholder) {
  const auto found = values_.find(placeholder);
  if (found == values_.end()) {
    return Error(Code::kInvalid,
                 "An expression attribute value used in expression is not defined; "
                 "attribute value: " +
                     placeholder);
  }
  used_.insert(placeholder);
  return found->second;
}

Status Placeholders::all_used() const {
  std::string names, values;
  for (const auto& [key, name] : names_) {
    if (!used_.contains(key)) names += (names.empty() ? "" : ", ") + key;
  }
  for (const auto& [key, value] : values_) {
    if (!used_.contains(key)) values += (values.empty() ? "" : ", ") + key;
  }
  if (!names.empty()) {
    return Error(Code::kInvalid,
                 "Value provided in ExpressionAttributeNames unused in "
                 "expressions: keys: {" +
                     names + "}");
  }
  if (values.empty()) return Status();
  return Error(Code::kInvalid,
               "Value provided in ExpressionAttributeValues unused in expressions: "
               "keys: {" +
                   values + "}");
}

}  // namespace multiaz::awsapi::dynamodb
