#include "awsapi/dynamodb/expression.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace multiaz::awsapi::dynamodb {

namespace {

using nlohmann::json;

enum class TokenKind { kEnd, kWord, kName, kValue, kNumber, kSign };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
};

bool word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view what, Placeholders& given)
      : text_(text), what_(what), given_(given) {
    take();
  }

  Result<ConditionPtr> whole_condition() {
    const Status good = check_size();
    if (!good) return good.error();
    auto out = either(0);
    if (!out) return out;
    if (token_.kind != TokenKind::kEnd) return unexpected();
    return out;
  }

  Result<Update> whole_update() {
    Update out;
    std::set<std::string> seen;
    const Status good = check_size();
    if (!good) return good.error();
    while (token_.kind != TokenKind::kEnd) {
      const std::string clause = upper(token_.text);
      if (token_.kind != TokenKind::kWord) return unexpected();
      if (!seen.insert(clause).second) {
        return fail("The \"" + clause + "\" section can only be used once in an update expression");
      }
      take();
      const Status done = read_clause(clause, out);
      if (!done) return done.error();
    }
    return out;
  }

  Result<std::vector<Path>> whole_projection() {
    std::vector<Path> out;
    const Status good = check_size();
    if (!good) return good.error();
    do {
      auto path = read_path();
      if (!path) return path.error();
      out.push_back(std::move(*path));
    } while (accept(","));
    if (token_.kind != TokenKind::kEnd) return unexpected();
    const std::string overlap = overlap_of(out);
    if (!overlap.empty()) return fail(overlap);
    return out;
  }

 private:
  Status check_size() const {
    if (token_.kind == TokenKind::kEnd) return fail("The expression can not be empty");
    if (text_.size() <= kExpressionBytesMax) return Status();
    return fail("Expression size has exceeded the maximum allowed size of 4096");
  }

  // --- tokens
  void take() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    token_ = Token();
    if (at_ >= text_.size()) return;
    const size_t from = at_;
    const char c = text_[at_++];
    if (c == '#' || c == ':' || word_char(c)) {
      while (at_ < text_.size() && word_char(text_[at_])) ++at_;
      const bool digits =
          text_.substr(from, at_ - from).find_first_not_of("0123456789") == std::string_view::npos;
      token_.kind = c == '#'   ? TokenKind::kName
                    : c == ':' ? TokenKind::kValue
                    : digits   ? TokenKind::kNumber
                               : TokenKind::kWord;
    } else {
      const char next = at_ < text_.size() ? text_[at_] : '\0';
      const bool two = (c == '<' && (next == '=' || next == '>')) || (c == '>' && next == '=');
      if (two) ++at_;
      token_.kind = TokenKind::kSign;
    }
    token_.text = text_.substr(from, at_ - from);
  }
  bool accept(std::string_view sign) {
    if (token_.kind != TokenKind::kSign || token_.text != sign) return false;
    take();
    return true;
  }
  bool accept_word(std::string_view word) {
    if (token_.kind != TokenKind::kWord || upper(token_.text) != word) return false;
    take();
    return true;
  }
  // True when the next token is an opening bracket: then a word is the name of a function.
  bool bracket_follows() const {
    const size_t next = text_.find_first_not_of(" \t\r\n", at_);
    return next != std::string_view::npos && text_[next] == '(';
  }

  Error fail(const std::string& why) const {
    return Error(Code::kInvalid, "Invalid " + std::string(what_) + ": " + why);
  }
  Error unexpected() const {
    const std::string near(text_.substr(at_ > 20 ? at_ - 20 : 0, 40));
    const std::string token = token_.kind == TokenKind::kEnd ? "<EOF>" : token_.text;
    return fail("Syntax error; token: \"" + token + "\", near: \"" + near + "\"");
  }

  // --- paths and operands
  Result<Path> read_path() {
    Path path;
    do {
      PathStep step;
      if (token_.kind == TokenKind::kName) {
        const auto name = given_.name(token_.text);
        if (!name) return fail(name.error().detail);
        step.name = *name;
      } else if (token_.kind == TokenKind::kWord) {
        step.name = token_.text;
      } else {
        return unexpected();
      }
      take();
      path.push_back(std::move(step));
      while (accept("[")) {
        if (token_.kind != TokenKind::kNumber || token_.text.size() > 6) return unexpected();
        PathStep place;
        place.index = std::stoi(token_.text);
        path.push_back(place);
        take();
        if (!accept("]")) return unexpected();
      }
    } while (accept("."));
    return path;
  }

  Result<OperandPtr> read_operand() {
    auto out = std::make_shared<Operand>();
    if (token_.kind == TokenKind::kValue) {
      auto value = given_.value(token_.text);
      if (!value) return fail(value.error().detail);
      out->kind = Operand::Kind::kValue;
      out->value = *value;
      take();
      return OperandPtr(out);
    }
    const bool sized =
        token_.kind == TokenKind::kWord && token_.text == "size" && bracket_follows();
    if (sized) {
      take();
      accept("(");
      out->kind = Operand::Kind::kSize;
    }
    auto path = read_path();
    if (!path) return path.error();
    out->path = std::move(*path);
    if (sized && !accept(")")) return unexpected();
    return OperandPtr(out);
  }

  // --- conditions
  Result<ConditionPtr> either(size_t depth) {
    if (depth > kExpressionNestingMax) return fail("it is nested too deeply");
    auto first = both(depth);
    if (!first) return first;
    auto out = std::make_shared<Condition>();
    out->kind = Condition::Kind::kOr;
    out->parts.push_back(*first);
    while (accept_word("OR")) {
      auto next = both(depth);
      if (!next) return next;
      out->parts.push_back(*next);
    }
    return out->parts.size() == 1 ? *first : ConditionPtr(out);
  }

  Result<ConditionPtr> both(size_t depth) {
    auto first = negation(depth);
    if (!first) return first;
    auto out = std::make_shared<Condition>();
    out->parts.push_back(*first);
    while (accept_word("AND")) {
      auto next = negation(depth);
      if (!next) return next;
      out->parts.push_back(*next);
    }
    return out->parts.size() == 1 ? *first : ConditionPtr(out);
  }

  Result<ConditionPtr> negation(size_t depth) {
    if (!accept_word("NOT")) return primary(depth);
    if (depth > kExpressionNestingMax) return fail("it is nested too deeply");
    auto inner = negation(depth + 1);
    if (!inner) return inner;
    auto out = std::make_shared<Condition>();
    out->kind = Condition::Kind::kNot;
    out->parts.push_back(*inner);
    return ConditionPtr(out);
  }

  Result<ConditionPtr> primary(size_t depth) {
    if (accept("(")) {
      auto inner = either(depth + 1);
      if (!inner) return inner;
      if (!accept(")")) return unexpected();
      return inner;
    }
    if (token_.kind == TokenKind::kWord && token_.text != "size" && bracket_follows()) {
      return function();
    }
    auto left = read_operand();
    if (!left) return left.error();
    auto out = std::make_shared<Condition>();
    out->operands.push_back(*left);
    const Status rest = comparison(*out);
    if (!rest) return rest.error();
    return ConditionPtr(out);
  }

  Status comparison(Condition& out) {
    if (accept_word("BETWEEN")) {
      out.kind = Condition::Kind::kBetween;
      const Status low = one_more(out);
      if (!low) return low;
      if (!accept_word("AND")) return unexpected();
      return one_more(out);
    }
    if (accept_word("IN")) {
      out.kind = Condition::Kind::kIn;
      if (!accept("(")) return unexpected();
      do {
        const Status next = one_more(out);
        if (!next) return next;
      } while (accept(","));
      return accept(")") ? Status() : Status(unexpected());
    }
    constexpr std::string_view kSigns[] = {"=", "<>", "<", "<=", ">", ">="};
    const bool known =
        token_.kind == TokenKind::kSign &&
        std::find(std::begin(kSigns), std::end(kSigns), token_.text) != std::end(kSigns);
    if (!known) return unexpected();
    out.kind = Condition::Kind::kCompare;
    out.word = token_.text;
    take();
    return one_more(out);
  }

  Status one_more(Condition& out) {
    auto next = read_operand();
    if (!next) return next.error();
    out.operands.push_back(*next);
    return Status();
  }

  Result<ConditionPtr> function() {
    struct Known {
      std::string_view name;
      size_t operands;
    };
    constexpr Known kFunctions[] = {{"attribute_exists", 1},
                                    {"attribute_not_exists", 1},
                                    {"attribute_type", 2},
                                    {"begins_with", 2},
                                    {"contains", 2}};
    auto out = std::make_shared<Condition>();
    out->kind = Condition::Kind::kFunction;
    out->word = token_.text;
    const auto known = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                    [&](const Known& one) { return one.name == out->word; });
    if (known == std::end(kFunctions)) {
      return fail("Invalid function name; function: " + token_.text);
    }
    take();
    accept("(");
    do {
      const Status next = one_more(*out);
      if (!next) return next.error();
    } while (accept(","));
    if (!accept(")")) return unexpected();
    if (out->operands.size() != known->operands) {
      return fail("Incorrect number of operands for operator or function; operator or function: " +
                  out->word + ", number of operands: " + std::to_string(out->operands.size()));
    }
    return ConditionPtr(out);
  }

  // --- updates
  Status read_clause(const std::string& clause, Update& out) {
    if (clause != "SET" && clause != "REMOVE" && clause != "ADD" && clause != "DELETE") {
      return fail("Syntax error; token: \"" + clause + "\"");
    }
    do {
      auto path = read_path();
      if (!path) return path.error();
      if (clause == "REMOVE") {
        out.remove.push_back(std::move(*path));
        continue;
      }
      if (clause == "SET" && !accept("=")) return unexpected();
      auto value = clause == "SET" ? sum() : read_operand();
      if (!value) return value.error();
      if (clause != "SET" && (*value)->kind != Operand::Kind::kValue) return unexpected();
      auto& list = clause == "SET" ? out.set : clause == "ADD" ? out.add : out.erase;
      list.push_back({std::move(*path), *value});
    } while (accept(","));
    return Status();
  }

  Result<OperandPtr> sum() {
    auto left = term(0);
    if (!left) return left;
    const bool plus = token_.kind == TokenKind::kSign && token_.text == "+";
    const bool minus = token_.kind == TokenKind::kSign && token_.text == "-";
    if (!plus && !minus) return left;
    take();
    auto right = term(0);
    if (!right) return right;
    auto out = std::make_shared<Operand>();
    out->kind = plus ? Operand::Kind::kPlus : Operand::Kind::kMinus;
    out->of = {*left, *right};
    return OperandPtr(out);
  }

  Result<OperandPtr> term(size_t depth) {
    if (depth > kExpressionNestingMax) return fail("it is nested too deeply");
    const bool call = token_.kind == TokenKind::kWord && bracket_follows();
    if (!call || token_.text == "size") {
      if (call) return fail("The function is not allowed in an update expression; function: size");
      return read_operand();
    }
    auto out = std::make_shared<Operand>();
    const std::string name = token_.text;
    take();
    accept("(");
    if (name == "if_not_exists") {
      out->kind = Operand::Kind::kIfNotExists;
      auto path = read_path();
      if (!path) return path.error();
      out->path = std::move(*path);
    } else if (name == "list_append") {
      out->kind = Operand::Kind::kListAppend;
      auto first = term(depth + 1);
      if (!first) return first;
      out->of.push_back(*first);
    } else {
      return fail("Invalid function name; function: " + name);
    }
    if (!accept(",")) return unexpected();
    auto last = term(depth + 1);
    if (!last) return last;
    out->of.push_back(*last);
    if (!accept(")")) return unexpected();
    return OperandPtr(out);
  }

  std::string_view text_, what_;
  Placeholders& given_;
  size_t at_ = 0;
  Token token_;
};

}  // namespace

Result<ConditionPtr> parse_condition(std::string_view text, std::string_view what,
                                     Placeholders& given) {
  return Parser(text, what, given).whole_condition();
}

Result<Update> parse_update(std::string_view text, Placeholders& given) {
  return Parser(text, "UpdateExpression", given).whole_update();
}

Result<std::vector<Path>> parse_projection(std::string_view text, Placeholders& given) {
  return Parser(text, "ProjectionExpression", given).whole_projection();
}

}  // namespace multiaz::awsapi::dynamodb
