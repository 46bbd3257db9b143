// Faults of a topology as this process carries them out: links go to the fabric, the rest to the
// faults inside this process.
#pragma once

#include <cstdint>
#include <vector>

#include "base/core/inner_faults.h"
#include "base/rt/fabric.h"
#include "base/wire/control_types.h"

namespace multiaz::agent {

// Rules for the fabric of the faults that are about links; one for each direction.
std::vector<rt::LinkRule> link_rules(const std::vector<wire::FaultInfo>& faults);
// Those inside the process whose address is `self_ip`.
std::vector<InnerRule> inner_rules(const std::vector<wire::FaultInfo>& faults, uint32_t self_ip);

}  // namespace multiaz::agent
