#include "clients/cache.h"

#include <algorithm>
#include <utility>

#include "base/core/log.h"

namespace multiaz::clients {

namespace {

// An error reply to the command itself is a bug of ours or of the stored data.
Result<Replies> without_errors(Replies replies) {
  for (const Reply& reply : replies) {
    if (!reply.is_error()) continue;
    log::warn("cache refused a command: " + reply.text);
    return Error(Code::kInternal, reply.text);
  }
  return replies;
}

Commands in_transaction(Commands commands) {
  Commands wrapped;
  wrapped.reserve(commands.size() + 2);
  wrapped.push_back(Command{"MULTI"});
  for (Command& command : commands) wrapped.push_back(std::move(command));
  wrapped.push_back(Command{"EXEC"});
  return wrapped;
}

}  // namespace

void Cache::start(rt::Nursery& nursery) {
  if (!there_) return;
  nursery.spawn("cache reads", reads_.run(nursery.stopping()));
  nursery.spawn("cache writes", writes_.run(nursery.stopping()));
}

rt::Task<Result<Replies>> Cache::read(Commands commands, Nanos until) {
  if (!there_) co_return Error(Code::kUnavailable, "there is no cache");
  Result<Replies> replies = co_await reads_.call(std::move(commands), until);
  if (!replies) co_return Error(Code::kUnavailable, replies.error().detail);
  co_return without_errors(std::move(*replies));
}

rt::Task<Result<Replies>> Cache::write(Commands commands, Nanos until) {
  if (!there_) co_return Error(Code::kUnavailable, "there is no cache");
  const bool several = commands.size() > 1;
  if (several) commands = in_transaction(std::move(commands));
  Result<Replies> replies = co_await writes_.call(std::move(commands), until);
  if (!replies) co_return replies.error();
  Result<Replies> clean = without_errors(std::move(*replies));
  if (!clean || !several) co_return clean;
  Reply exec = std::move(clean->back());
  if (exec.kind != Reply::Kind::kArray) co_return Error(Code::kInternal, "EXEC gave no array");
  co_return without_errors(std::move(exec.items));
}

void Cache::drop(std::string_view why) {
  reads_.drop(why);
  writes_.drop(why);
}

uint64_t Cache::away_ms() const {
  const Nanos lost_at = std::max(reads_.lost_at(), writes_.lost_at());
  return lost_at == 0 ? 0 : (monotonic_now() - lost_at) / kMillisecond + 1;
}

CacheStats Cache::stats() const {
  CacheStats sum = reads_.stats();
  const CacheStats& other = writes_.stats();
  sum.commands += other.commands;
  sum.connects += other.connects;
  sum.losses += other.losses;
  sum.resent += other.resent;
  sum.expired += other.expired;
  sum.refused += other.refused;
  return sum;
}

}  // namespace multiaz::clients
