// How expressions are applied to items. Pure.
#pragma once

#include <set>

#include "awsapi/dynamodb/expression.h"

namespace multiaz::awsapi::dynamodb {

// The value at a path; nullptr when there is none. An empty `item` stands for no item.
const Value* find_path(const Item& item, const Path& path);

// kInvalid when an operand's type does not fit the function.
Result<bool> holds(const Condition& condition, const Item& item);

// All assignments read the old item. kInvalid in AWS's words; the item is then unchanged. `touched`
// gets the top-level names that the expression names.
Status apply_update(const Update& update, Item& item, std::set<std::string>& touched);

Item project(const Item& item, const std::vector<Path>& paths);

}  // namespace multiaz::awsapi::dynamodb
