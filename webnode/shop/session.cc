#include "webnode/shop/session.h"

#include <nlohmann/json.hpp>

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr uint64_t kGlanceMs = 150;

std::string write_user(const User& user) {
  const json out = {{"account", user.account}, {"email", user.email}, {"name", user.name}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<User> read_user(const Reply& reply) {
  if (reply.kind != Reply::Kind::kText) return std::nullopt;
  const json in = json::parse(reply.text, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  User user;
  user.account = in.value("account", "");
  user.email = in.value("email", "");
  user.name = in.value("name", "");
  if (user.account.empty()) return std::nullopt;
  return user;
}

}  // namespace

std::string session_key(std::string_view session_id) {
  return "sess:" + std::string(session_id);
}

std::string cart_key(std::string_view session_id) {
  return "cart:" + std::string(session_id);
}

rt::Task<Result<std::optional<User>>> load_user(Shop& shop, std::string session_id, Nanos until) {
  Commands commands;
  commands.push_back(Command{"GET", session_key(session_id)});
  const Result<Replies> replies = co_await shop.cache.read(std::move(commands), until);
  if (!replies) co_return replies.error();
  co_return read_user(replies->front());
}

rt::Task<Status> change_session(Shop& shop, std::string old_id, std::string new_id,
                                std::optional<User> user, Nanos until) {
  Commands look;
  look.push_back(Command{"HGETALL", cart_key(old_id)});
  const Result<Replies> cart = co_await shop.cache.read(std::move(look), until);
  if (!cart) co_return cart.error();

  const std::string ttl = std::to_string(kSessionTtlS);
  Commands commands;
  const std::vector<Reply>& pairs = cart->front().items;
  if (!pairs.empty()) {
    Command copy = {"HSET", cart_key(new_id)};
    for (const Reply& text : pairs) copy.push_back(text.text);
    commands.push_back(std::move(copy));
    commands.push_back(Command{"EXPIRE", cart_key(new_id), ttl});
    commands.push_back(Command{"EXPIRE", cart_key(old_id), std::to_string(kOldCartTtlS)});
  }
  if (user) commands.push_back(Command{"SET", session_key(new_id), write_user(*user), "EX", ttl});
  commands.push_back(Command{"DEL", session_key(old_id)});
  const Result<Replies> written = co_await shop.cache.write(std::move(commands), until);
  if (!written) co_return written.error();
  co_return Status();
}

rt::Task<Glance> glance(Shop& shop, std::string session_id) {
  Glance seen;
  if (!shop.cache.up()) co_return seen;
  Commands commands;
  commands.push_back(Command{"GET", session_key(session_id)});
  commands.push_back(Command{"HLEN", cart_key(session_id)});
  const Nanos until = monotonic_now() + kGlanceMs * kMillisecond;
  const Result<Replies> replies = co_await shop.cache.read(std::move(commands), until);
  if (!replies) co_return seen;
  seen.known = true;
  seen.user = read_user((*replies)[0]);
  seen.cart_lines = (*replies)[1].integer;
  co_return seen;
}

}  // namespace multiaz::webnode
