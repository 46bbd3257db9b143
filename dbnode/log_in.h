// LogIn: the messages of a connection before its session: encryption requests, the startup packet,
// and the proof of the password.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/tls/context.h"
#include "base/wire/pgwire.h"
#include "base/wire/scram.h"
#include "dbnode/portal.h"

namespace multiaz::dbnode {

class LogIn {
 public:
  // REQUIRES: the connection outlives it.
  LogIn(rt::Conn& conn, std::shared_ptr<const tls::Context> tls)
      : conn_(conn), tls_(std::move(tls)) {}

  // The startup packet, or a cancel request, after TLS was started if the client asked for it and
  // there is a certificate; other requests for encryption are refused. An error gets no answer, as
  // in PostgreSQL.
  rt::Task<Result<wire::pg::Startup>> read_startup();
  // Asks for the password by SCRAM. The failure is to be sent to the client.
  rt::Task<Failure> authenticate(std::string user, wire::ScramVerifier verifier);
  bool refuse(const Report& report);  // sends the report; always false

 private:
  rt::Task<Result<wire::pg::FrontendMessage>> read_message();
  rt::Task<Result<std::string>> scram_answer();

  rt::Task<Status> start_tls();

  rt::Conn& conn_;
  const std::shared_ptr<const tls::Context> tls_;  // null: no certificate
};

}  // namespace multiaz::dbnode
