// The kernel knows the user of the process at the other end of a unix socket. A socket that another
// user has put into the place of ours gets no byte from us, and none of his bytes is read.
#pragma once

#include <cstdint>
#include <string>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::rt {

constexpr uint32_t kNoOtherUser = ~0U;

// Allows our own user, root, and `also` (the user that a server runs as). kDenied names the path
// and the other user.
Status check_unix_peer(const Conn& conn, const std::string& path, uint32_t also = kNoOtherUser);

// Connects as connect_unix() does, and then checks the peer before a byte is sent.
Task<Result<std::unique_ptr<Conn>>> connect_unix_to(std::string path, uint32_t also = kNoOtherUser);

}  // namespace multiaz::rt
