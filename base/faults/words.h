// The words that are printed about the kinds of faults come from the table in kinds.h: names for
// messages, the proof, the help of a command, the table of docs/chaos.md. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/faults/kinds.h"

namespace multiaz {

// "cut, cut_one_way, ..." of these scopes, in the order of the table.
std::string fault_names(std::initializer_list<FaultScope> scopes, std::string_view between = ", ");
std::string all_fault_names();
// "a b c" -> "a, b, c".
std::string listed(std::string_view words);
// The keys that a scenario's fault of that kind may have: "kind, name, at_ms, when, target, ...".
std::string fault_keys(const FaultKind& kind);
// The counter of the daemons at either end that grows while the fault acts.
std::string fault_counter(const FaultKind& kind);
// "1-60000 ms (100)", "one of back, or none".
std::string value_words(const FaultParameter& parameter);
// Lists its parameters: "amount 1-60000 ms (100), percent 1-100 % (100)"; "" without any.
std::string parameter_words(const FaultKind& kind);
// A line a kind of these scopes, for the end of a command's help.
std::string fault_help(std::initializer_list<FaultScope> scopes);
// The table of docs/chaos.md.
std::string fault_markdown();

}  // namespace multiaz
