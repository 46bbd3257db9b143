// Sessions in the cache: the user under "sess:ID", the cart as a hash under "cart:ID" with one
// field per line. Every write is one atomic flight with fixed values, so sending it twice has the
// effect of sending it once.
#include <memory>
#include <optional>

#include "webnode/sessions/store.h"

namespace multiaz::webnode {

namespace {

std::string session_key(std::string_view session_id) {
  return "sess:" + std::string(session_id);
}

std::string cart_key(std::string_view session_id) {
  return "cart:" + std::string(session_id);
}

Command keep_alive(const std::string& session_id) {
  return Command{"EXPIRE", cart_key(session_id), std::to_string(kSessionTtlS)};
}

std::optional<User> user_of(const Reply& reply) {
  if (reply.kind != Reply::Kind::kText) return std::nullopt;
  return read_user(reply.text);
}

class CacheStore : public SessionStore {
 public:
  explicit CacheStore(Cache& cache) : cache_(cache) {}
  std::string_view name() const override { return "cache"; }
  bool up() const override { return cache_.up(); }

  rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos until) override {
    Commands commands;
    commands.push_back(Command{"GET", session_key(at.id)});
    const Result<Replies> replies = co_await cache_.read(std::move(commands), until);
    if (!replies) co_return replies.error();
    co_return user_of(replies->front());
  }

  rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos until) override {
    Commands commands;
    commands.push_back(Command{"HGETALL", cart_key(at.id)});
    const Result<Replies> replies = co_await cache_.read(std::move(commands), until);
    if (!replies) co_return replies.error();
    std::vector<StoredLine> out;
    const std::vector<Reply>& pairs = replies->front().items;
    for (size_t i = 0; i + 1 < pairs.size(); i += 2)
      out.push_back({pairs[i].text, pairs[i + 1].text});
    co_return out;
  }

  rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos until) override {
    Commands commands;
    commands.push_back(Command{"GET", session_key(at.id)});
    commands.push_back(Command{"HLEN", cart_key(at.id)});
    const Result<Replies> replies = co_await cache_.read(std::move(commands), until);
    if (!replies) co_return replies.error();
    GlanceFacts facts;
    facts.user = user_of((*replies)[0]);
    facts.lines = (*replies)[1].integer;
    co_return facts;
  }

  rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                         Nanos until) override {
    Commands commands;
    commands.push_back(Command{"HGET", cart_key(at.id), line});
    const Result<Replies> replies = co_await cache_.read(std::move(commands), until);
    if (!replies) co_return replies.error();
    std::optional<std::string> text;
    if (replies->front().kind == Reply::Kind::kText) text = replies->front().text;
    co_return text;
  }

  rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos until) override {
    const std::string key = cart_key(at.id);
    Commands commands;
    commands.push_back(Command{"HSETNX", key, line.line, line.text});
    commands.push_back(Command{"HGET", key, line.line});
    commands.push_back(Command{"HLEN", key});
    commands.push_back(keep_alive(at.id));
    const Result<Replies> replies = co_await cache_.write(std::move(commands), until);
    if (!replies) co_return replies.error();
    PutNew out;
    out.stored = (*replies)[1].text;
    // It was created by this call, or by an earlier attempt of it whose answer was lost.
    out.created = (*replies)[0].integer == 1 || out.stored == line.text;
    out.lines = (*replies)[2].integer;
    co_return out;
  }

  rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos until) override {
    Commands commands;
    commands.push_back(Command{"HSET", cart_key(at.id), line.line, line.text});
    commands.push_back(keep_alive(at.id));
    const Result<Replies> written = co_await cache_.write(std::move(commands), until);
    if (!written) co_return written.error();
    co_return Status();
  }

  rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> lines,
                                         Nanos until) override {
    Command command = {"HDEL", cart_key(at.id)};
    for (std::string& line : lines) command.push_back(std::move(line));
    Commands commands;
    commands.push_back(std::move(command));
    const Result<Replies> replies = co_await cache_.write(std::move(commands), until);
    if (!replies) co_return replies.error();
    co_return replies->front().integer;
  }

  rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                             Nanos until) override {
    const Result<std::vector<StoredLine>> cart = co_await lines(at, until);
    if (!cart) co_return cart.error();
    const std::string ttl = std::to_string(kSessionTtlS);
    Commands commands;
    if (!cart->empty()) {
      Command copy = {"HSET", cart_key(new_id)};
      for (const StoredLine& one : *cart) {
        copy.push_back(one.line);
        copy.push_back(one.text);
      }
      commands.push_back(std::move(copy));
      commands.push_back(keep_alive(new_id));
      commands.push_back(Command{"EXPIRE", cart_key(at.id), std::to_string(kOldCartTtlS)});
    }
    if (user) commands.push_back(Command{"SET", session_key(new_id), write_user(*user), "EX", ttl});
    commands.push_back(Command{"DEL", session_key(at.id)});
    const Result<Replies> written = co_await cache_.write(std::move(commands), until);
    if (!written) co_return written.error();
    at.id = std::move(new_id);
    co_return Status();
  }

 private:
  Cache& cache_;
};

}  // namespace

std::unique_ptr<SessionStore> make_cache_store(Cache& cache) {
  return std::make_unique<CacheStore>(cache);
}

}  // namespace multiaz::webnode
