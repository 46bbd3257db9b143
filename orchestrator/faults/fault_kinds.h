// Which faults the control plane can place on links and inside processes: one table, for the
// checks, the messages and the documents. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::orchestrator {

struct FaultKind {
  std::string_view name;
  bool link = false;                    // between two ends; else inside the processes at `a`
  std::vector<std::string_view> tiers;  // inside which it can be; empty = any of our daemons
  std::string_view amount;              // what `amount` means; "" = not used
  uint64_t amount_min = 0, amount_max = 0, amount_default = 0;
  bool percent = false;                  // `percent` counts, 1 to 100
  std::vector<std::string_view> points;  // allowed `point`s; empty = not used
  bool ends_process = false;             // over when the process it was for has ended
  std::string_view help;
};

std::span<const FaultKind> fault_kinds();
const FaultKind* find_fault_kind(std::string_view name);

// What was asked for, in numbers; fills in defaults. kInvalid names what is allowed.
struct FaultFigures {
  uint64_t amount = 0, percent = 0;
  std::string point;
};
Result<FaultFigures> check_figures(const FaultKind& kind, FaultFigures figures);
// "cut, cut_one_way, delay, ..."
std::string fault_kind_names();

}  // namespace multiaz::orchestrator
