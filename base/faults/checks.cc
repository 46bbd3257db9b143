#include "base/faults/checks.h"

#include <algorithm>
#include <charconv>

#include "base/faults/words.h"

namespace multiaz {

namespace {

std::string quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

Error lacks(const FaultKind& kind, std::string_view name) {
  return Error(Code::kInvalid, std::string(kind.name) + " has no " + quoted(name));
}

Error needs_one_of(const FaultKind& kind) {
  std::string names;
  for (const FaultParameter& one : kind.parameters) {
    if (!one.name.empty()) names += (names.empty() ? "" : " or ") + std::string(one.name);
  }
  return Error(Code::kInvalid, "a " + std::string(kind.name) + " needs " + names);
}

}  // namespace

const FaultParameter* find_parameter(const FaultKind& kind, std::string_view name) {
  for (const FaultParameter& one : kind.parameters) {
    if (!one.name.empty() && one.name == name) return &one;
  }
  return nullptr;
}

bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const size_t end = words.find(' ');
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

Result<uint64_t> checked(const FaultKind& kind, const FaultParameter& parameter, uint64_t value) {
  if (value == 0) value = parameter.normal;
  if (value >= parameter.min && value <= parameter.max) return value;
  return Error(Code::kInvalid, quoted(parameter.name) + " of " + std::string(kind.name) +
                                   " goes from " + std::to_string(parameter.min) + " to " +
                                   std::to_string(parameter.max) + " " +
                                   std::string(parameter.unit));
}

Result<std::string> checked(const FaultKind& kind, const FaultParameter& parameter,
                            const std::string& value) {
  if (value.empty() && !parameter.usual.empty()) return std::string(parameter.usual);
  if (value.empty() && parameter.may_lack) return value;
  if (parameter.choices.empty() || has_word(parameter.choices, value)) return value;
  return Error(Code::kInvalid, quoted(parameter.name) + " of " + std::string(kind.name) +
                                   " is one of " + (parameter.may_lack ? "none, " : "") +
                                   listed(parameter.choices) + ", not '" + value + "'");
}

Result<FaultSettings> parse_settings(const FaultKind& kind, const std::vector<std::string>& words) {
  FaultSettings out;
  for (const std::string& word : words) {
    const size_t equals = std::min(word.find('='), word.size());
    const std::string key = word.substr(0, equals);
    const std::string value = word.substr(std::min(equals + 1, word.size()));
    const FaultParameter* parameter = find_parameter(kind, key);
    if (!parameter || equals == word.size()) {
      const std::string all = parameter_words(kind);
      return Error(Code::kInvalid, "--set takes KEY=VALUE, not '" + word + "'; " +
                                       std::string(kind.name) + " has " +
                                       (all.empty() ? "no keys" : all));
    }
    if (parameter->is_text) {
      const auto text = checked(kind, *parameter, value);
      if (!text) return text.error();
      out.texts[key] = *text;
      continue;
    }
    uint64_t number = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failed != std::errc() || end != value.data() + value.size()) {
      return Error(Code::kInvalid, "\"" + key + "\" is a number, not '" + value + "'");
    }
    const auto good = checked(kind, *parameter, number);
    if (!good) return good.error();
    out.numbers[key] = *good;
  }
  return out;
}

Result<const FaultKind*> placeable(const std::string& name) {
  const FaultKind* kind = find_fault(name);
  if (kind && kind->scope != FaultScope::kAct) return kind;
  const std::string placed = fault_names({FaultScope::kLink, FaultScope::kProcess});
  return Error(Code::kInvalid, kind ? name + " is done from outside (`multiaz chaos inject " +
                                          name + "`): the faults to be placed are " + placed
                                    : "unknown fault '" + name + "': the faults are " + placed);
}

Result<FaultFigures> check_figures(const FaultKind& kind, FaultFigures figures) {
  uint64_t sum = 0;
  for (const FigureField& field : kFigureFields) {
    uint64_t& value = figures.*field.into;
    const FaultParameter* parameter = find_parameter(kind, field.name);
    if (!parameter && value != 0) return lacks(kind, field.name);
    if (!parameter) continue;
    const auto good = checked(kind, *parameter, value);
    if (!good) return good.error();
    value = *good;
    sum += value;
  }
  if (kind.needs_one && sum == 0) return needs_one_of(kind);
  if (figures.percent == 0) figures.percent = 100;
  const FaultParameter* point = find_parameter(kind, "point");
  if (!point && !figures.point.empty()) return lacks(kind, "point");
  if (point) {
    const auto good = checked(kind, *point, figures.point);
    if (!good) return good.error();
  }
  return figures;
}

}  // namespace multiaz
