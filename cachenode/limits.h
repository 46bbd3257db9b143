// The server's bounds, all in one place. What a command or key may hold: commands/call.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/wire/resp.h"

namespace multiaz::cachenode {

// --- one batch: what is executed before other connections get a turn ---
constexpr size_t kBatchCommandsMax = 1024;
constexpr size_t kBatchReplyBytesMax = 1u << 20;
constexpr size_t kBatchRecordBytesMax = 1u << 20;  // its record, but for the last command's part

// --- one connection ---
constexpr wire::resp::Limits kClientLimits{1024 * 1024, 32u << 20, 48u << 20};
constexpr size_t kHeldBytesMax = 4u << 20;      // replies that wait for commit: then it is not read
constexpr size_t kOutputBytesMax = 128u << 20;  // replies the peer does not take: then it is closed
constexpr uint64_t kSlowReaderMs = 5000;      // to take what is pending once that is too much
constexpr uint64_t kLingerMs = 200;             // for a last error to arrive before the close
constexpr uint64_t kCloseDrainMs = 5'000;       // for replies to a peer that has ended its side
constexpr int64_t kAuthenticateMs = 10'000;     // to show a password after connecting

// --- the node ---
constexpr size_t kUncommittedBytesMax = 64u << 20;  // undo information: then writers wait
constexpr uint64_t kCronMs = 100;                   // expiry, idle connections, log lines
constexpr uint64_t kListenersMs = 20;                   // how often the endpoints are reconsidered
constexpr uint64_t kLeaseLostCloseMs = 500;         // without lease so long: connections close
constexpr uint64_t kWaitPollMs = 10;                // WAIT looks again
constexpr size_t kExpireBucketsPerRound = 4096;     // expiry: looked at in one round,
constexpr size_t kExpireKeysPerRound = 256;         // removed in one round (one record),
constexpr int kExpireRoundsMax = 8;                 // rounds in one cron turn

}  // namespace multiaz::cachenode
