// Session: one client's connection. The loop around it is in session_loop.h.
#pragma once

#include <memory>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/role_listeners.h"
#include "base/wire/resp.h"
#include "cachenode/commands/client.h"
#include "cachenode/limits.h"
#include "cachenode/outbox.h"

namespace multiaz::cachenode {

struct Session {
  Session(rt::ListenerKind listener_kind, std::unique_ptr<rt::Conn> connection)
      : listener(listener_kind), conn(std::move(connection)) {}

  rt::ListenerKind listener;
  std::unique_ptr<rt::Conn> conn;
  Client client;
  wire::resp::CommandDecoder decoder{wire::resp::kUnauthenticatedLimits};
  Outbox outbox;
  bool ending = false;  // the last reply has been sent, and nothing more is executed

  bool over() const { return ending || conn->closed(); }

  // Sends at once; closes the connection if the peer takes nothing for too long.
  void send(std::string_view bytes) {
    if (!bytes.empty()) conn->send(bytes);
    if (conn->pending_bytes() > kOutputBytesMax) {
      conn->close(Code::kLimit, "the client does not take its replies");
    }
  }
  // Ends the connection: a FIN follows the pending bytes, and the close comes a little later, so
  // that the last error arrives even if input is left unread.
  void end() {
    if (over()) return;
    ending = true;
    outbox.clear();
    conn->shutdown_write();
    conn->deadline_in_ms(kLingerMs);
  }
};

}  // namespace multiaz::cachenode
