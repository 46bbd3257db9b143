// Runner: executes the commands of one read, up to a bound, as one batch: their effects become one
// record, and their replies keep their order, each with the lsn that it must wait for.
//
// The lease is checked before the batch (may it start?) and again after it, before any reply may
// leave, because a process that was stopped in between may answer from outdated data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/wire/resp.h"
#include "cachenode/commands/dispatcher.h"
#include "cachenode/keyspace/database.h"
#include "replication/group.h"

namespace multiaz::cachenode {

// A span of replies that ends at `end` of the reply bytes and may leave when `need` is committed.
// `need` never falls from one span to the next.
struct ReplySpan {
  size_t end = 0;
  Lsn need;
  size_t replies = 0;
};

struct BatchResult {
  size_t consumed = 0;  // bytes of the input
  // > 0 when the rest is the beginning of a command: so many bytes are missing
  size_t bytes_wanted = 0;
  bool close = false;  // close after the replies: protocol error, QUIT, or the lease was lost
};

class Runner {
 public:
  Runner(Database& db, Dispatcher& dispatcher, replication::Group& group)
      : db_(db), dispatcher_(dispatcher), group_(group) {}

  // The replies are in replies() and spans() until the next run.
  BatchResult run(Client& client, wire::resp::CommandDecoder& decoder, std::string_view input,
                  const Permissions& permissions);
  std::string_view replies() const { return out_; }
  const std::vector<ReplySpan>& spans() const { return spans_; }

  // Appends and seals the journal's open record; undoes it if the group refuses.
  Result<Lsn> append_open();

 private:
  // Executes one command; false when the batch should end.
  bool step(Client& client, Args args, const Permissions& permissions);
  void note_reply(size_t begin, Lsn need);
  void finish(Client& client, const Permissions& permissions);
  // Replaces the replies from `first` on by errors, because nothing of them was executed.
  void refuse_from(size_t first, std::string_view error);

  Database& db_;
  Dispatcher& dispatcher_;
  replication::Group& group_;
  std::string out_;
  std::vector<ReplySpan> spans_;
};

}  // namespace multiaz::cachenode
