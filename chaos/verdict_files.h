// A verdict as files for other programs.
#pragma once

#include <string>

#include "chaos/checkers/verdict.h"

namespace multiaz::chaos {

// JUnit XML; and a job's summary that is added to, as CI systems want it (by default
// $GITHUB_STEP_SUMMARY). "" = none. What cannot be written is said on stderr.
void write_verdict(const Verdict& verdict, const std::string& junit, std::string summary);

}  // namespace multiaz::chaos
