// DynamoDB's expressions (condition, filter, key condition, update and projection), parsed into
// trees. Names (#n) and values (:v) are resolved while parsing; one that is given and not used is
// an error, as in AWS. The grammar is that of the developer guide ("Expressions.*").
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "awsapi/dynamodb/value.h"
#include "base/core/result.h"

namespace multiaz::awsapi::dynamodb {

constexpr size_t kExpressionBytesMax = 4096;
constexpr size_t kExpressionNestingMax = 64;
constexpr size_t kPlaceholderBytesMax = 2u << 20;  // all names and values of one request together

// One step of "a.b[2]": a name, or a position in a list.
struct PathStep {
  std::string name;
  int index = -1;  // >= 0 for a position in a list
  bool operator==(const PathStep&) const = default;
};
using Path = std::vector<PathStep>;
std::string to_text(const Path& path);
// Names two of the paths of which one lies within the other, in AWS's words; "" when there are
// none.
std::string overlap_of(const std::vector<Path>& paths);

struct Operand;
using OperandPtr = std::shared_ptr<const Operand>;
struct Operand {
  enum class Kind { kPath, kValue, kSize, kIfNotExists, kListAppend, kPlus, kMinus };
  Kind kind = Kind::kPath;
  Path path;  // for kPath, kSize, kIfNotExists
  std::shared_ptr<const Value> value;  // for kValue
  std::vector<OperandPtr> of;  // operands of the other kinds
};

struct Condition;
using ConditionPtr = std::shared_ptr<const Condition>;
struct Condition {
  enum class Kind { kAnd, kOr, kNot, kCompare, kBetween, kIn, kFunction };
  Kind kind = Kind::kAnd;
  std::string word;  // kCompare: "=", "<>", ...; kFunction: its name
  std::vector<OperandPtr> operands;
  std::vector<ConditionPtr> parts;
};

struct Update {
  struct Assignment {
    Path path;
    OperandPtr value;
  };
  std::vector<Assignment> set, add, erase;  // for ADD and DELETE the value is a kValue
  std::vector<Path> remove;
};

// The names and values that came with a request, and which of them were used.
class Placeholders {
 public:
  // Both may be null. kInvalid when malformed.
  static Result<Placeholders> read(const nlohmann::json& names, const nlohmann::json& values);
  Result<std::string> name(const std::string& placeholder);
  Result<std::shared_ptr<const Value>> value(const std::string& placeholder);
  // kInvalid names those that no expression used.
  [[nodiscard]] Status all_used() const;

 private:
  std::map<std::string, std::string> names_;
  std::map<std::string, std::shared_ptr<const Value>> values_;
  std::set<std::string> used_;
};

// `what` is a word for messages, such as "ConditionExpression".
Result<ConditionPtr> parse_condition(std::string_view text, std::string_view what,
                                     Placeholders& given);
Result<Update> parse_update(std::string_view text, Placeholders& given);
Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& given);

}  // namespace multiaz::awsapi::dynamodb
