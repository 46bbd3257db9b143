// Connections that are being refused. Each is told the reason and then lingers, so that bytes which
// the client sent meanwhile do not cause a reset that destroys the answer. The connection that has
// lingered longest is closed for a newcomer, so a crowd of silent clients cannot keep other clients
// from hearing the reason.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "base/rt/conn.h"
#include "base/rt/task.h"

namespace multiaz::http {

class Refusals {
 public:
  explicit Refusals(size_t connections_max) : connections_max_(connections_max) {}

  // Sends the reason, waits until it has left, lingers and closes. To be spawned.
  rt::Task<void> refuse(std::unique_ptr<rt::Conn> conn, std::string words);

 private:
  size_t connections_max_;
  std::list<rt::Conn*> leaving_;  // oldest first
};

}  // namespace multiaz::http
