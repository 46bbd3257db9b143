// Closing a connection without losing the answer. Pending bytes are sent as long as the peer takes
// some of them; a peer that takes none sees a reset, never an orderly end with bytes missing. A
// socket that is closed with unread input sends a reset, which may overtake the last response, so
// our side is shut down first and the rest of the input is read for a while.
#pragma once

#include <string_view>

#include "base/core/result.h"
#include "base/http/acceptor.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::http {

constexpr uint64_t kLingerMs = 1'000;
constexpr size_t kLingerBytesMax = 4 << 20;

// Each function REQUIRES that no other coroutine reads from or waits on the connection.

// Sends the bytes, and waits while many are pending. kTimeout when no byte arrived at the peer for
// `progress_ms`.
rt::Task<Status> write_all(rt::Conn& conn, std::string_view bytes, uint64_t progress_ms);
// Waits until no byte is pending. kTimeout when no byte arrived at the peer for `progress_ms`.
rt::Task<Status> deliver(rt::Conn& conn, uint64_t progress_ms);
// Shuts down our side and reads what the peer still sends. REQUIRES: no byte is pending.
rt::Task<void> linger(rt::Conn& conn);
// deliver() and then linger(): the end of a session. The connection counts as idle once its answer
// is delivered.
rt::Task<void> end_in_order(AcceptedConn& accepted, uint64_t progress_ms);

}  // namespace multiaz::http
