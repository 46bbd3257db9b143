// One self-contained page about one run. Pure.
#pragma once

#include <string>

#include "chaos/judge/judge.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

std::string report_html(const RunRecord& record, const JudgedRun& judged);

}  // namespace multiaz::chaos
