// Closing without losing the answer. Bytes that are still pending are given as long as the peer
// takes some of them; a peer that takes none sees a reset, never an orderly end with bytes missing.
// And a socket that is closed with unread input sends a reset, which may overtake the last
// response: so our side is ended first, and the rest of the input read for a while.
#pragma once

#include <string_view>

#include "base/core/result.h"
#include "base/http/acceptor.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::http {

constexpr uint64_t kLingerMs = 1'000;
constexpr size_t kLingerBytesMax = 4 << 20;

// Each REQUIRES: nobody else reads or waits on the connection.

// Sends, and waits while much is pending. kTimeout when for `progress_ms` nothing arrived at the
// peer.
rt::Task<Status> write_all(rt::Conn& conn, std::string_view bytes, uint64_t progress_ms);
// Waits until nothing is pending. kTimeout when for `progress_ms` nothing arrived at the peer.
rt::Task<Status> deliver(rt::Conn& conn, uint64_t progress_ms);
// Ends our side and reads what the peer still sends. REQUIRES: nothing is pending.
rt::Task<void> linger(rt::Conn& conn);
// Both: the end of a session. The guest counts as idle once its answer is delivered.
rt::Task<void> end_in_order(Guest& guest, uint64_t progress_ms);

}  // namespace multiaz::http
