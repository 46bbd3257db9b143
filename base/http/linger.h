// Closing without losing the answer: a socket that is closed with unread input sends a reset, which
// may overtake the last response. So end our side, then read the rest of the input for a while.
#pragma once

#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::http {

constexpr uint64_t kLingerMs = 1'000;
constexpr size_t kLingerBytesMax = 4 << 20;

// REQUIRES: nobody else reads or waits on the connection.
rt::Task<void> linger(rt::Conn& conn);

}  // namespace multiaz::http
