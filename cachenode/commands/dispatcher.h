// Dispatcher: takes one command of one client through all checks and executes it on the database.
// It knows neither sockets nor the replication group; what it executed is the journal's open
// record, which the caller appends and seals.
#pragma once

#include <string>
#include <string_view>

#include "cachenode/commands/call.h"

namespace multiaz::cachenode {

// The effect of a command may not need a bigger record than this (replication::kRecordBytesMax
// bounds the record of a whole batch).
constexpr size_t kEffectBytesMax = 48u << 20;

// The reply may not be bigger either: it is twice the biggest value. A client that needs more must
// ask in pieces.
constexpr size_t kReplyBytesMax = 64u << 20;

class Dispatcher {
 public:
  Dispatcher(Database& db, Host& host);
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Executes args (not empty) and appends the reply to `out`. Returns the highest uncommitted lsn
  // that the reply depends on (0 for none); it also depends on the open record if there is one.
  Lsn execute(Client& client, Args args, const Permissions& permissions, std::string& out);
  // To be called when the client disconnects: removes its watches.
  void forget(Client& client);

  // For use by the command functions.
  const CommandIndex& index() const { return index_; }
  Watches& watches() { return watches_; }
  // Checks that apply to a command whether it is queued or executed at once; "" when it may run.
  std::string_view refusal(const Command& command, const Permissions& permissions) const;
  // Executes without checks.
  Lsn run(Call& call);

 private:
  Lsn run_checked(Client& client, const Command& command, Args args, const Permissions& permissions,
                  std::string& out);
  // null after an error reply: unknown command, wrong arity, or no authentication.
  const Command* admit(Client& client, Args args, std::string& out);
  bool out_of_memory() const;

  Database& db_;
  Host& host_;
  CommandIndex index_;
  Watches watches_;
};

}  // namespace multiaz::cachenode
