#include "webnode/sessions/store.h"

#include <nlohmann/json.hpp>

#include "base/core/check.h"
#include "base/core/jsonio.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr std::string_view kNames[] = {"memory", "cookie", "cache", "table"};

}  // namespace

std::string write_user(const User& user) {
  const json out = {{"account", user.account}, {"email", user.email}, {"name", user.name}};
  return jsonio::dump(out);
}

std::optional<User> read_user(std::string_view stored) {
  const auto in = jsonio::parse_object(stored);
  if (!in) return std::nullopt;
  User user;
  const std::pair<const char*, std::string*> parts[] = {
      {"account", &user.account}, {"email", &user.email}, {"name", &user.name}};
  for (const auto& [key, to] : parts) {
    const auto text = jsonio::text(*in, key, "");
    if (!text) return std::nullopt;
    *to = *text;
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
