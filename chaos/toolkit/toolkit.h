// `multiaz chaos toolkit FILE`: runs a Chaos Toolkit experiment and writes its journal, together
// with the verdict of multiaz.
#pragma once

#include <string>

#include "base/rt/task.h"

namespace multiaz::chaos {

struct ToolkitWords {
  std::string file;
  std::string journal = "journal.json";
  std::string junit, summary;
  std::string compat;     // "chaostoolkit": exit code 1 unless completed and not deviated
  bool validate = false;  // read and check it, run nothing
};

// 0: the hypothesis held; 1: it deviated; 2: there was none to deviate from, or the run was
// interrupted; 3: it did not hold before the method; 4: an action failed, so its fault was not
// applied; 254: bad input.
rt::Task<int> toolkit_verb(ToolkitWords words);

}  // namespace multiaz::chaos
