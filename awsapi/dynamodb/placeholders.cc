// Names and values that come with an expression, and paths as text.
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

Result<Placeholders> Placeholders::read(const json& names, const json& values) {
  Placeholders out;
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
    out.names_[one.key()] = one->get<std::string>();
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
    out.values_[one.key()] = std::make_shared<const Value>(std::move(value));
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
