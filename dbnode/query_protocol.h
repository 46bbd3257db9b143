// QueryProtocol: answers the messages of the simple and the extended query protocol, one after the
// other, with the errors and the ends of cycles that PostgreSQL's clients expect.
#pragma once

#include "base/rt/task.h"
#include "base/wire/pgwire.h"
#include "dbnode/answer_buffer.h"
#include "dbnode/loop_port.h"
#include "dbnode/named.h"
#include "dbnode/statement_runner.h"
#include "dbnode/unit_of_work.h"

namespace multiaz::dbnode {

class QueryProtocol {
 public:
  // REQUIRES: all of them outlive it.
  QueryProtocol(store::Connection& connection, NamedStatements& statements, NamedPortals& portals,
                UnitOfWork& work, StatementRunner& runner, AnswerBuffer& answers, LoopPort& port);

  // True after an error of the extended protocol, for all messages until Sync.
  bool skips(const wire::pg::FrontendMessage& message) const;
  rt::Task<void> answer(wire::pg::FrontendMessage message);
  // Whether the message is a Bind of a statement that will write.
  bool will_write(const wire::pg::FrontendMessage& message) const;

 private:
  rt::Task<void> on_query(wire::pg::Query query);
  rt::Task<Failure> run_simple(const Statement& statement, bool last);
  Failure on_parse(wire::pg::Parse& parse);
  Failure on_bind(const wire::pg::Bind& bind);
  Failure on_describe(const wire::pg::Describe& describe);
  Failure describe_portal(Portal& portal);
  rt::Task<Failure> on_execute(wire::pg::Execute execute);
  void on_close(const wire::pg::Close& close);
  rt::Task<void> on_sync();
  void report(const Report& report);
  void ready();

  store::Connection& connection_;
  NamedStatements& statements_;
  NamedPortals& portals_;
  UnitOfWork& work_;
  StatementRunner& runner_;
  AnswerBuffer& answers_;
  LoopPort& port_;
  bool skipping_ = false;
};

}  // namespace multiaz::dbnode
