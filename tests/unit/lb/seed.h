// Random tests: a new seed each run, or the one to replay.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/core/random.h"

namespace multiaz::lb {

// MULTIAZ_SEED=n replays.
inline uint64_t test_seed() {
  const char* text = std::getenv("MULTIAZ_SEED");
  return text ? std::strtoull(text, nullptr, 10) : secret_u64() % 1'000'000;
}

}  // namespace multiaz::lb
