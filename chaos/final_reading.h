// The final reading: every cart and every order list once more, over HTTP, judged by the books.
#pragma once

#include "chaos/plan/record.h"
#include "chaos/shoppers.h"

namespace multiaz::chaos {

// REQUIRES: the shoppers have stopped.
rt::Task<FinalReading> read_everything(const Shoppers& shoppers);

}  // namespace multiaz::chaos
