// How this process carries out the faults of a topology: faults of links go to the fabric, all
// others to the faults inside this process.
#pragma once

#include <cstdint>
#include <vector>

#include "base/faults/inner_faults.h"
#include "base/rt/fabric.h"
#include "base/wire/control_types.h"

namespace multiaz::agent {

// The fabric's rules for the faults that are about links; one rule for each direction.
std::vector<rt::LinkRule> link_rules(const std::vector<wire::FaultInfo>& faults);
// The rules for the faults inside the process whose address is `self_ip`.
std::vector<InnerRule> inner_rules(const std::vector<wire::FaultInfo>& faults, uint32_t self_ip);

}  // namespace multiaz::agent
