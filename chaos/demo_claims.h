// What the demonstration claims, judged from its report.
#pragma once

#include "chaos/checkers/verdict.h"
#include "chaos/demo.h"

namespace multiaz::chaos {

Verdict demo_verdict(const DemoReport& report, const DemoOptions& options, bool interrupted);

}  // namespace multiaz::chaos
