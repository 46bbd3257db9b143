// StatementRunner: runs one statement of either protocol from its portal, and writes its rows and
// its end into the answer. The statements that SQLite never gets are carried out here too.
#pragma once

#include <cstdint>
#include <string>

#include "base/rt/task.h"
#include "dbnode/answer_buffer.h"
#include "dbnode/loop_port.h"
#include "dbnode/named.h"
#include "dbnode/settings.h"
#include "dbnode/unit_of_work.h"

namespace multiaz::dbnode {

class StatementRunner {
 public:
  // REQUIRES: all of them outlive it.
  StatementRunner(store::Connection& connection, Settings& settings, NamedStatements& statements,
                  NamedPortals& portals, UnitOfWork& work, AnswerBuffer& answers, LoopPort& port);

  // At most `rows_max` rows, 0 for all. `announce`: the columns go first.
  rt::Task<Failure> execute(Portal& portal, int32_t rows_max, bool announce);

 private:
  rt::Task<Failure> stream_rows(Portal& portal, int32_t rows_max, uint64_t& rows);
  std::string complete_tag(const Prepared& source, uint64_t rows) const;
  rt::Task<Failure> run_utility(const Prepared& source);
  Failure run_parameter(const Utility& utility);
  Failure discard_all();
  Failure deallocate(const std::string& name);

  store::Connection& connection_;
  Settings& settings_;
  NamedStatements& statements_;
  NamedPortals& portals_;
  UnitOfWork& work_;
  AnswerBuffer& answers_;
  LoopPort& port_;
};

}  // namespace multiaz::dbnode
