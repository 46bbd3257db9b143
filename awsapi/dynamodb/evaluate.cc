#include "awsapi/dynamodb/evaluate.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "awsapi/dynamodb/number.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

Error wrong(std::string text) {
  return Error(Code::kInvalid, std::move(text));
}

std::optional<int64_t> size_of(const Value& value) {
  const std::string_view type = type_of(value);
  if (type == "N" || type == "BOOL" || type == "NULL") return std::nullopt;
  if (type == "S") return static_cast<int64_t>(scalar_of(value).size());
  if (type == "B") return static_cast<int64_t>(bytes_of(value));
  return static_cast<int64_t>(content_of(value).size());
}

// The value of an operand in a condition; nullopt when there is no such attribute.
std::optional<Value> value_of(const Operand& operand, const Item& item) {
  if (operand.kind == Operand::Kind::kValue) return *operand.value;
  const Value* found = find_path(item, operand.path);
  if (!found) return std::nullopt;
  if (operand.kind == Operand::Kind::kPath) return *found;
  const auto size = size_of(*found);
  if (!size) return std::nullopt;
  return Value{{"N", std::to_string(*size)}};
}

bool compare_as(std::string_view sign, const Value& a, const Value& b) {
  if (sign == "=") return equal(a, b);
  if (sign == "<>") return !equal(a, b);
  const auto order = order_of(a, b);
  if (!order) return false;
  if (sign == "<") return *order < 0;
  if (sign == "<=") return *order <= 0;
  if (sign == ">") return *order > 0;
  return *order >= 0;
}

bool contains_value(const Value& in, const Value& what) {
  const std::string_view type = type_of(in), type_what = type_of(what);
  const json& content = content_of(in);
  if (type == "S" && type_what == "S") {
    return scalar_of(in).find(scalar_of(what)) != std::string_view::npos;
  }
  if (type == "L") {
    return std::any_of(content.begin(), content.end(),
                       [&](const json& one) { return equal(one, what); });
  }
  const bool set = type.size() == 2 && type[1] == 'S' && type[0] == type_what[0];
  return set && std::find(content.begin(), content.end(), content_of(what)) != content.end();
}

Result<bool> function_holds(const Condition& c, const Item& item) {
  const auto first = value_of(*c.operands[0], item);
  if (c.word == "attribute_exists") return first.has_value();
  if (c.word == "attribute_not_exists") return !first.has_value();
  const auto second = value_of(*c.operands[1], item);
  if (!first || !second) return false;
  if (c.word == "contains") return contains_value(*first, *second);
  if (type_of(*second) != "S" && type_of(*second) != "B") {
    return wrong(
        "Invalid ConditionExpression: Incorrect operand type for operator or function; "
        "operator or function: " +
        c.word + ", operand type: " + std::string(type_of(*second)));
  }
  const std::string_view text = scalar_of(*second);
  if (c.word == "attribute_type") return type_of(*first) == text;
  return type_of(*first) == type_of(*second) && scalar_of(*first).starts_with(text);
}

// The parent of a path that will be written; nullptr when it does not exist.
Value* parent_of(Item& item, const Path& path) {
  Value* at = nullptr;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const PathStep& step = path[i];
    if (step.index < 0) {
      json* names = i == 0 ? &item : at && at->contains("M") ? &(*at)["M"] : nullptr;
      if (!names || !names->contains(step.name)) return nullptr;
      at = &(*names)[step.name];
    } else {
      json* list = at && at->contains("L") ? &(*at)["L"] : nullptr;
      if (!list || static_cast<size_t>(step.index) >= list->size()) return nullptr;
      at = &(*list)[static_cast<size_t>(step.index)];
    }
  }
  return at;
}

Error too_large() {
  return wrong("Item size to update has exceeded the maximum allowed size");
}

Error bad_path() {
  return wrong("The document path provided in the update expression is invalid for update");
}

Status put_at(Item& item, const Path& path, Value value) {
  if (path.size() == 1) {
    item[path[0].name] = std::move(value);
    return Status();
  }
  Value* parent = parent_of(item, path);
  const PathStep& last = path.back();
  if (parent && last.index < 0 && parent->contains("M")) {
    (*parent)["M"][last.name] = std::move(value);
    return Status();
  }
  if (!parent || last.index < 0 || !parent->contains("L")) return bad_path();
  json& list = (*parent)["L"];
  if (static_cast<size_t>(last.index) < list.size())
    list[static_cast<size_t>(last.index)] = std::move(value);
  else
    list.push_back(std::move(value));
  return Status();
}

Status remove_at(Item& item, const Path& path) {
  if (path.size() == 1) {
    item.erase(path[0].name);
    return Status();
  }
  Value* parent = parent_of(item, path);
  const PathStep& last = path.back();
  if (parent && last.index < 0 && parent->contains("M")) {
    (*parent)["M"].erase(last.name);
  } else if (parent && last.index >= 0 && parent->contains("L")) {
    json& list = (*parent)["L"];
    if (static_cast<size_t>(last.index) < list.size()) list.erase(static_cast<size_t>(last.index));
  } else {
    return bad_path();
  }
  return Status();
}

Result<Value> arithmetic(const Value& a, const Value& b, bool minus) {
  if (type_of(a) != "N" || type_of(b) != "N") {
    return wrong("An operand in the update expression has an incorrect data type");
  }
  const auto na = parse_number(scalar_of(a));
  auto nb = parse_number(scalar_of(b));
  if (!na || !nb) return na ? nb.error() : na.error();
  const auto sum = add(*na, minus ? negated(*nb) : *nb);
  if (!sum) return sum.error();
  return Value{{"N", to_text(*sum)}};
}

// The value of an operand in an update, where a missing attribute is an error.
Result<Value> new_value(const Operand& operand, const Item& item) {
  using Kind = Operand::Kind;
  if (operand.kind == Kind::kValue) return *operand.value;
  if (operand.kind == Kind::kPath || operand.kind == Kind::kIfNotExists) {
    const Value* found = find_path(item, operand.path);
    if (found) return *found;
    if (operand.kind == Kind::kIfNotExists) return new_value(*operand.of[0], item);
    return wrong("The provided expression refers to an attribute that does not exist in the item");
  }
  auto left = new_value(*operand.of[0], item);
  if (!left) return left;
  const auto right = new_value(*operand.of[1], item);
  if (!right) return right;
  if (operand.kind != Kind::kListAppend)
    return arithmetic(*left, *right, operand.kind == Kind::kMinus);
  if (type_of(*left) != "L" || type_of(*right) != "L") {
    return wrong("An operand in the update expression has an incorrect data type");
  }
  if (bytes_of(*left) + bytes_of(*right) > kItemBytesMax) return too_large();
  for (const json& one : content_of(*right)) (*left)["L"].push_back(one);
  return left;
}

Status add_at(Item& item, const Item& before, const Path& path, const Value& value) {
  const std::string type(type_of(value));
  const Value* now = find_path(before, path);
  const bool set = type == "SS" || type == "NS" || type == "BS";
  if (type != "N" && !set) {
    return wrong(
        "Invalid UpdateExpression: Incorrect operand type for operator or function; "
        "operator: ADD, operand type: " +
        type);
  }
  if (!now) return put_at(item, path, value);
  if (type_of(*now) != type) {
    return wrong("An operand in the update expression has an incorrect data type");
  }
  if (type == "N") {
    auto sum = arithmetic(*now, value, false);
    return sum ? put_at(item, path, std::move(*sum)) : Status(sum.error());
  }
  Value merged = *now;
  json& all = merged[type];
  const std::set<json> known(all.begin(), all.end());
  for (const json& one : content_of(value)) {
    if (!known.contains(one)) all.push_back(one);
  }
  return put_at(item, path, std::move(merged));
}

Status erase_at(Item& item, const Item& before, const Path& path, const Value& value) {
  const std::string type(type_of(value));
  if (type != "SS" && type != "NS" && type != "BS") {
    return wrong(
        "Invalid UpdateExpression: Incorrect operand type for operator or function; "
        "operator: DELETE, operand type: " +
        type);
  }
  const Value* now = find_path(before, path);
  if (!now) return Status();
  if (type_of(*now) != type) {
    return wrong("An operand in the update expression has an incorrect data type");
  }
  Value left = {{type, json::array()}};
  const std::set<json> gone(content_of(value).begin(), content_of(value).end());
  for (const json& one : content_of(*now)) {
    if (!gone.contains(one)) left[type].push_back(one);
  }
  return left[type].empty() ? remove_at(item, path) : put_at(item, path, std::move(left));
}

Status no_overlap(const Update& update) {
  std::vector<Path> all = update.remove;
  for (const auto* list : {&update.set, &update.add, &update.erase}) {
    for (const Update::Assignment& one : *list) all.push_back(one.path);
  }
  const std::string overlap = overlap_of(all);
  return overlap.empty() ? Status() : wrong("Invalid UpdateExpression: " + overlap);
}

}  // namespace

const Value* find_path(const Item& item, const Path& path) {
  const json* at = nullptr;
  for (size_t i = 0; i < path.size(); ++i) {
    const PathStep& step = path[i];
    if (step.index < 0) {
      const json* names = i == 0 ? &item : jsonio::find(*at, "M");
      at = names ? jsonio::find(*names, step.name) : nullptr;
    } else {
      const json* list = i == 0 ? nullptr : jsonio::find(*at, "L");
      at = list ? jsonio::item_at(*list, static_cast<size_t>(step.index)) : nullptr;
    }
    if (!at) return nullptr;
  }
  return at;
}

Result<bool> holds(const Condition& c, const Item& item) {
  using Kind = Condition::Kind;
  if (c.kind == Kind::kFunction) return function_holds(c, item);
  if (c.kind == Kind::kAnd || c.kind == Kind::kOr || c.kind == Kind::kNot) {
    bool out = c.kind == Kind::kAnd;
    for (const ConditionPtr& part : c.parts) {
      const auto one = holds(*part, item);
      if (!one) return one;
      if (c.kind == Kind::kNot) return !*one;
      out = c.kind == Kind::kAnd ? out && *one : out || *one;
    }
    return out;
  }
  const auto first = value_of(*c.operands[0], item);
  if (c.kind == Kind::kCompare) {
    const auto second = value_of(*c.operands[1], item);
    if (!first || !second) return c.word == "<>" && (first || second);
    return compare_as(c.word, *first, *second);
  }
  if (!first) return false;
  if (c.kind == Kind::kBetween) {
    const auto low = value_of(*c.operands[1], item), high = value_of(*c.operands[2], item);
    return low && high && compare_as(">=", *first, *low) && compare_as("<=", *first, *high);
  }
  for (size_t i = 1; i < c.operands.size(); ++i) {
    const auto one = value_of(*c.operands[i], item);
    if (one && equal(*first, *one)) return true;
  }
  return false;
}

Status apply_update(const Update& update, Item& item, std::set<std::string>& touched) {
  const Status apart = no_overlap(update);
  if (!apart) return apart;
  const Item before = item;
  Item after = item;
  // Values that were assigned stay in the item (paths never overlap), so all of them together may
  // not exceed the size of an item. Checked along the way, because one value may be named in
  // hundreds of places.
  size_t put_bytes = 0;
  for (const Update::Assignment& one : update.set) {
    auto value = new_value(*one.value, before);
    if (value) put_bytes += bytes_of(*value);
    if (put_bytes > kItemBytesMax) return too_large();
    Status done = value ? put_at(after, one.path, std::move(*value)) : Status(value.error());
    if (!done) return done;
    touched.insert(one.path[0].name);
  }
  for (const Update::Assignment& one : update.add) {
    put_bytes += bytes_of(*one.value->value);
    if (put_bytes > kItemBytesMax) return too_large();
    const Status done = add_at(after, before, one.path, *one.value->value);
    if (!done) return done;
    touched.insert(one.path[0].name);
  }
  for (const Update::Assignment& one : update.erase) {
    const Status done = erase_at(after, before, one.path, *one.value->value);
    if (!done) return done;
    touched.insert(one.path[0].name);
  }
  // From the back, so that positions in a list are still right when their turn comes.
  std::vector<Path> removals = update.remove;
  std::sort(removals.begin(), removals.end(),
            [](const Path& a, const Path& b) { return a.back().index > b.back().index; });
  for (const Path& path : removals) {
    const Status done = remove_at(after, path);
    if (!done) return done;
    touched.insert(path[0].name);
  }
  item = std::move(after);
  return Status();
}

Item project(const Item& item, const std::vector<Path>& paths) {
  Item out = Item::object();
  for (const Path& path : paths) {
    const Value* found = find_path(item, path);
    if (!found) continue;
    // Maps and lists on the path are built again; the elements that remain in a list move together.
    json* at = &out;
    for (size_t i = 0; i < path.size(); ++i) {
      const PathStep& step = path[i];
      const bool last = i + 1 == path.size();
      if (step.index < 0) {
        json& names = i == 0 ? *at : (*at)["M"];
        at = &names[step.name];
      } else {
        json& list = (*at)["L"];
        if (!list.is_array()) list = json::array();
        list.push_back(json());
        at = &list.back();
      }
      if (last) *at = *found;
    }
  }
  return out;
}

}  // namespace multiaz::awsapi::dynamodb
