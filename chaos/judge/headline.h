// What a run says in one line: how long each path was away, how many requests failed of all, what
// was lost of what had been acknowledged. Pure.
#pragma once

#include <string>

#include "chaos/plan/record.h"

namespace multiaz::chaos {

// "away: browse 21 ms, cart 195 ms, order 230 ms; 12 of 3,806 requests failed; lost: 0 of 385 cart
// writes, 0 of 41 orders". What nobody tried has a dash.
std::string headline_of(const RunRecord& record);
// "3,806".
std::string with_commas(uint64_t number);
std::string lost_words(const FinalReading& reading);
std::string failed_words(uint64_t failed, uint64_t requests);

}  // namespace multiaz::chaos
