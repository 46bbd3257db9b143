// Dispatcher: takes one command of one client through all checks and executes it on the database.
// It knows nothing of sockets or of the replication group; what it executed is the journal's open
// record, which the caller appends and seals.
#pragma once

#include <string>
#include <string_view>

#include "cachenode/commands/call.h"

namespace multiaz::cachenode {

// A command's effect may not need a bigger record than this (replication::kRecordBytesMax bounds
// the record of a whole batch).
constexpr size_t kEffectBytesMax = 48u << 20;

// Nor may its reply be bigger: two of the biggest values. Whoever needs more asks in pieces.
constexpr size_t kReplyBytesMax = 64u << 20;

class Dispatcher {
 public:
  Dispatcher(Database& db, Host& host);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Executes args (not empty) and appends the reply to `out`. Gives the highest uncommitted lsn
  // that the reply depends on (0 = none); it also depends on the open record if there is one.
  Lsn execute(Client& client, Args args, const Permissions& permissions, std::string& out);
  // The client goes: its watches too.
  void forget(Client& client);

  // For the command functions.
  const CommandIndex& index() const { return index_; }
  Watches& watches() { return watches_; }
  // Checks that hold for a command whether it is queued or executed at once; "" = it may run.
  std::string_view refusal(const Command& command, const Permissions& permissions) const;
  // Executes without checks.
  Lsn run(Call& call);

 private:
  Lsn run_checked(Client& client, const Command& command, Args args, const Permissions& permissions,
                  std::string& out);
  // Unknown command, wrong arity, no authentication: replies and gives null.
  const Command* admit(Client& client, Args args, std::string& out);
  bool out_of_memory() const;

  Database& db_;
  Host& host_;
  CommandIndex index_;
  Watches watches_;
};

}  // namespace multiaz::cachenode
