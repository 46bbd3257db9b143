// Bounds the log files of all processes: a file that has grown too large is copied to NAME.log.1
// and emptied. Its writer appends and so goes on at the start; lines written during the copy are
// lost.
#pragma once

#include <cstdint>
#include <string>

namespace multiaz::orchestrator {

constexpr uint64_t kLogBytesMax = 16 << 20;  // for each process; the old file takes as much again
constexpr uint64_t kLogRotationEveryMs = 5'000;  // between two checks

// Returns the number of files that were rotated.
int rotate_logs(const std::string& folder, uint64_t bytes_max);

}  // namespace multiaz::orchestrator
