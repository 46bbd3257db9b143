// Whether what was asked of a fault makes sense, by the table in kinds.h. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "base/faults/kinds.h"

namespace multiaz {

// The parameter of that name; null: the kind has none.
const FaultParameter* find_parameter(const FaultKind& kind, std::string_view name);
// Whether the blanks of `words` have `word` between them.
bool has_word(std::string_view words, std::string_view word);

// Over when the process that it was for has ended.
constexpr bool ends_process(const FaultKind& kind) {
  return kind.end == FaultEnd::kGone || kind.end == FaultEnd::kStopped;
}

// The value to be used: the usual one for 0, and for "". kInvalid names what is allowed.
Result<uint64_t> checked(const FaultKind& kind, const FaultParameter& parameter, uint64_t value);
Result<std::string> checked(const FaultKind& kind, const FaultParameter& parameter,
                            const std::string& value);

// The kind of that name, if the control plane places it. kInvalid names those that it does.
Result<const FaultKind*> placeable(const std::string& name);

// "percent=50", "point=back", as commands take them: each a parameter of the kind, and checked.
// kInvalid names those that it has.
struct FaultSettings {
  std::map<std::string, uint64_t> numbers;
  std::map<std::string, std::string> texts;
};
Result<FaultSettings> parse_settings(const FaultKind& kind, const std::vector<std::string>& words);

// What an order of the control plane says beside its ends.
struct FaultFigures {
  uint64_t delay_ms = 0, jitter_ms = 0, amount = 0, percent = 0;
  std::string point;
};
struct FigureField {
  const char* name;
  uint64_t FaultFigures::*into;
};
constexpr FigureField kFigureFields[] = {{"delay_ms", &FaultFigures::delay_ms},
                                         {"jitter_ms", &FaultFigures::jitter_ms},
                                         {"amount", &FaultFigures::amount},
                                         {"percent", &FaultFigures::percent}};
// All of them checked and filled in; a percent that the kind does not have is 100. kInvalid also
// for one that the kind has not.
Result<FaultFigures> check_figures(const FaultKind& kind, FaultFigures figures);

}  // namespace multiaz
