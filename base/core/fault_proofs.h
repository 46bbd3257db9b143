// How it shows that a fault bites: what the daemons that carry it out count, or that the process is
// gone. For whoever places faults and says whether they bit.
#pragma once

#include <string>
#include <string_view>

namespace multiaz {

// The counter of the daemons at either end that grows while the fault acts.
std::string fault_counter(std::string_view kind);

// Who meets it is gone, or stopped: there is nobody left who could count.
enum class FaultEnd { kNone, kPerhaps, kGone, kStopped };
FaultEnd fault_end(std::string_view kind);

}  // namespace multiaz
