// SessionLoop: the loop of one connection: read, execute batches, send or hold replies, wait for
// slow clients.
#pragma once

#include <cstddef>
#include <memory>

#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "cachenode/access.h"
#include "cachenode/commands/dispatcher.h"
#include "cachenode/connections.h"
#include "cachenode/group_view.h"
#include "cachenode/machine.h"
#include "cachenode/runner.h"
#include "cachenode/session.h"

namespace multiaz::cachenode {

class SessionLoop {
 public:
  // REQUIRES: all of them outlive it.
  SessionLoop(const Settings& settings, Database& db, const Machine& machine,
              Dispatcher& dispatcher, Runner& runner, const Access& access, const GroupView& group,
              Connections& connections, Stats& stats);

  // Serves one connection until it is closed.
  rt::Task<void> serve(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn);

 private:
  // Runs more batches until only new input can give more work.
  rt::Task<void> carry_on(Session& session);
  rt::Task<void> wait_for_drain(Session& session);
  rt::Task<void> answer_wait(Session& session);
  rt::Task<void> drain_and_close(Session& session);
  // Executes a batch of the input. True: call carry_on(), because input is left or the connection
  // needs attention.
  bool run_batch(Session& session);
  void want_input(Session& session, size_t bytes);
  bool over_high_water(const Session& session) const;

  const Settings& settings_;
  Database& db_;
  const Machine& machine_;
  Dispatcher& dispatcher_;
  Runner& runner_;
  const Access& access_;
  const GroupView& group_;
  Connections& connections_;
  Stats& stats_;
};

}  // namespace multiaz::cachenode
