// The words of the fault catalogue: which keys each kind takes. What they do is in chaos/faults,
// one file each (several kinds that the control plane carries out in the same way share
// ordered.cc).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace multiaz::chaos {

enum class Need { kNo, kMay, kYes };

struct FaultWord {
  std::string_view kind, help;
  Need target = Need::kYes, to = Need::kNo, duration = Need::kYes;
  std::vector<std::string> figures, words;
  bool at_points = false;  // may wait for a named point inside its target
};

std::span<const FaultWord> fault_words();
const FaultWord* find_fault_word(std::string_view kind);  // null: no such kind
std::string fault_word_names();                           // "kill, stop, ..."
std::string fault_word_keys(const FaultWord& word);       // "target, for_ms, ..."

}  // namespace multiaz::chaos
