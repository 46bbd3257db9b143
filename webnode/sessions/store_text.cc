// The text that every store keeps for a user.
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "webnode/sessions/store.h"

namespace multiaz::webnode {

using nlohmann::json;

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

}  // namespace multiaz::webnode
