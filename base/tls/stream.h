// TLS on a connection: afterwards every call of rt::Conn means the plain bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/tls/context.h"
#include "base/tls/session.h"

namespace multiaz::tls {

// The handshake, as the end that the context is for. kTimeout when it takes longer than
// `deadline_ms`; kDenied when the server's certificate is not accepted; kInvalid for bytes that are
// no TLS, or nothing in common. The connection is closed then.
rt::Task<Status> start(rt::Conn& conn, std::shared_ptr<const Context> context,
                       uint64_t deadline_ms);

// nullopt for a connection without TLS.
std::optional<Facts> facts_of(const rt::Conn& conn);

}  // namespace multiaz::tls
