// One stage from its start to its end.
#pragma once

#include <functional>

#include "chaos/tour/tour.h"
#include "chaos/tour/walkers.h"

namespace multiaz::chaos {

// Tells the story as it happens; may wait (a teacher's pause).
using Teller = std::function<void(const std::string& text)>;

// `before_fault`: called before a fault strikes, with its name.
rt::Task<TourRow> run_stage(const Stage& stage, const TourOptions& options, Teller tell,
                            Teller before_fault);

}  // namespace multiaz::chaos
