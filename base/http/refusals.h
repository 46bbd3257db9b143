// Connections that are refused and on their way out. Each is told why and then lingers, so that
// what it had sent meanwhile does not reset the words away. Whoever has lingered longest leaves for
// a newcomer: a crowd that says nothing keeps nobody from hearing the reason.
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

  // Sends the words, waits until they have left, lingers and closes. To be spawned.
  rt::Task<void> refuse(std::unique_ptr<rt::Conn> conn, std::string words);

 private:
  size_t connections_max_;
  std::list<rt::Conn*> leaving_;  // who came first leads
};

}  // namespace multiaz::http
