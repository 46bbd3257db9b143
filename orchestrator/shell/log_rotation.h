// The processes' logs stay small: a file that has grown too large is copied to NAME.log.1 and
// emptied. Its writer appends, so it goes on at the start; lines written in between are lost.
#pragma once

#include <cstdint>
#include <string>

namespace multiaz::orchestrator {

constexpr uint64_t kLogBytesMax = 16 << 20;      // of one process; twice that on disk
constexpr uint64_t kLogRotationEveryMs = 5'000;  // between two looks

// The number of files that were rotated.
int rotate_logs(const std::string& folder, uint64_t bytes_max);

}  // namespace multiaz::orchestrator
