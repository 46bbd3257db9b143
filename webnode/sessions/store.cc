#include "webnode/sessions/store.h"

#include <nlohmann/json.hpp>

#include "base/core/check.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr std::string_view kNames[] = {"memory", "cookie", "cache", "table"};

}  // namespace

std::string write_user(const User& user) {
  const json out = {{"account", user.account}, {"email", user.email}, {"name", user.name}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<User> read_user(std::string_view stored) {
  const json in = json::parse(stored, nullptr, false);
  if (!in.is_object()) return std::nullopt;
  User user;
  try {
    user.account = in.value("account", "");
    user.email = in.value("email", "");
    user.name = in.value("name", "");
  } catch (const json::exception&) {
    return std::nullopt;
  }
  if (user.account.empty()) return std::nullopt;
  return user;
}

std::span<const std::string_view> session_store_names() {
  return kNames;
}

std::unique_ptr<SessionStore> make_session_store(std::string_view name, Cache& cache,
                                                 TableConfig table) {
  if (name == "memory") return make_memory_store();
  if (name == "cookie") return make_cookie_store();
  if (name == "table") return make_table_store(std::move(table));
  CHECK(name == "cache");
  return make_cache_store(cache);
}

}  // namespace multiaz::webnode
