// The bounds of the server in one place. Bounds on commands and keys are in commands/call.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/wire/resp.h"

namespace multiaz::cachenode {

// --- one batch: the work before other connections get a turn ---
constexpr size_t kBatchCommandsMax = 1024;
constexpr size_t kBatchReplyBytesMax = 1u << 20;
constexpr size_t kBatchRecordBytesMax = 1u << 20;  // its record, without the last command's part

// --- one connection ---
constexpr wire::resp::Limits kClientLimits{1024 * 1024, 32u << 20, 48u << 20};
// replies that wait for commit; above it the connection is not read
constexpr size_t kHeldBytesMax = 4u << 20;
// replies that the peer does not take; above it the connection is closed
constexpr size_t kOutputBytesMax = 128u << 20;
constexpr uint64_t kSlowReaderMs = 5000;  // how long the peer may take for too many pending bytes
constexpr uint64_t kHandshakeMs = 10'000;  // for a client's TLS handshake
constexpr uint64_t kLingerMs = 200;  // how long a last error may take to arrive before the close
// how long replies may take to a peer that has ended its side
constexpr uint64_t kCloseDrainMs = 5'000;
constexpr int64_t kAuthenticateMs = 10'000;  // how long a client may take to authenticate

// --- the node ---
constexpr size_t kUncommittedBytesMax = 64u << 20;  // undo information; above it writers wait
constexpr uint64_t kCronMs = 100;                   // expiry, idle connections, log lines
constexpr uint64_t kListenersMs = 20;  // how often the listeners follow the role
constexpr uint64_t kLeaseLostCloseMs = 500;  // how long connections survive without a lease
constexpr uint64_t kWaitPollMs = 10;  // how often WAIT looks again
constexpr size_t kExpireBucketsPerRound = 4096;  // buckets that expiry looks at in one round,
constexpr size_t kExpireKeysPerRound = 256;  // keys that it removes in one round (one record),
constexpr int kExpireRoundsMax = 8;  // and rounds in one turn of cron

}  // namespace multiaz::cachenode
