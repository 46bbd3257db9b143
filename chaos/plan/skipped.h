// Actions of a template that nobody fits, and that it says to skip: they stand in the scenario's
// `about`, which a run's folder keeps and its report shows.
#pragma once

#include <string>
#include <vector>

#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

// "kill: targets.T: no aws:ec2:instance fits ...".
void note_skipped(Scenario& scenario, const std::string& action_and_reason);
std::vector<std::string> skipped_of(const Scenario& scenario);

}  // namespace multiaz::chaos
