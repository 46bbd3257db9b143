// Runs a checker for each key of a history and collects what they find.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

// Checker(history, key, judgement) takes the places of its key's operations of these two kinds, in
// their order, then judges. Keys are judged in alphabetical order.
template <typename Checker>
Judgement judge_each_key(const History& history, std::string algorithm, Operation::Kind changes,
                         Operation::Kind reads) {
  Judgement out;
  out.algorithm = std::move(algorithm);
  std::unordered_map<std::string, Checker> checkers;
  for (size_t i = 0; i < history.size(); ++i) {
    const Operation& one = history[i];
    if (one.kind != changes && one.kind != reads) continue;
    if (one.kind == reads && one.end != Operation::End::kOk) continue;  // it proves nothing
    ++out.operations;
    auto found = checkers.find(one.key);
    if (found == checkers.end())
      found = checkers.emplace(one.key, Checker(history, one.key, out)).first;
    found->second.take(i);
  }
  std::map<std::string, Checker*> sorted;
  for (auto& [key, checker] : checkers) sorted[key] = &checker;
  for (auto& [key, checker] : sorted) checker->judge();
  return out;
}

}  // namespace multiaz::chaos
