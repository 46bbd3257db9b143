// LogIn: the messages of a connection before its session: encryption requests, the startup packet,
// and the proof of the password.
#pragma once

#include <string>

#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/wire/pgwire.h"
#include "base/wire/scram.h"
#include "dbnode/portal.h"

namespace multiaz::dbnode {

class LogIn {
 public:
  // REQUIRES: the connection outlives it.
  explicit LogIn(rt::Conn& conn) : conn_(conn) {}

  // The startup packet, or a cancel request, after all encryption requests were refused. An error
  // gets no answer, as in PostgreSQL.
  rt::Task<Result<wire::pg::Startup>> read_startup();
  // Asks for the password by SCRAM. The failure is to be sent to the client.
  rt::Task<Failure> authenticate(std::string user, wire::ScramVerifier verifier);
  bool refuse(const Report& report);  // sends the report; always false

 private:
  rt::Task<Result<wire::pg::FrontendMessage>> read_message();
  rt::Task<Result<std::string>> scram_answer();

  rt::Conn& conn_;
};

}  // namespace multiaz::dbnode
