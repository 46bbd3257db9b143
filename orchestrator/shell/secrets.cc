#include "orchestrator/shell/secrets.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/core/jsonio.h"

namespace multiaz::orchestrator {

Result<Secrets> read_secrets(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error(Code::kIo, path + ": " + strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  const auto parsed = jsonio::parse_object(text.str());
  if (!parsed) return Error(Code::kCorrupt, path + ": " + parsed.error().detail);
  Secrets secrets;
  for (const auto& [key, value] : parsed->items()) {
    if (!value.is_string()) return Error(Code::kCorrupt, path + ": " + key + " is not a text");
    const std::string word = jsonio::text_or_empty(value);
    if (key == "cluster_id")
      secrets.cluster_id = word;
    else if (key == "key")
      secrets.key = word;
    else if (key == "token")
      secrets.token = word;
    else
      secrets.named[key] = word;
  }
  if (secrets.cluster_id.empty() || secrets.key.size() != 64 || secrets.token.empty()) {
    return Error(Code::kCorrupt, path + " lacks cluster_id, key or token");
  }
  return secrets;
}

Result<std::string> fill_in(const Secrets& secrets, const std::string& text) {
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = text.find("${", at);
    if (open == std::string::npos) return out + text.substr(at);
    const size_t close = text.find('}', open);
    if (close == std::string::npos) return Error(Code::kInvalid, "'${' without '}'");
    const auto secret = secrets.named.find(text.substr(open + 2, close - open - 2));
    if (secret == secrets.named.end()) {
      return Error(Code::kInvalid, "unknown secret " + text.substr(open, close - open + 1));
    }
    out += text.substr(at, open - at) + secret->second;
    at = close + 1;
  }
}

std::string environment_name(const std::string& secret) {
  std::string out = "MULTIAZ_";
  for (const char c : secret) out += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

}  // namespace multiaz::orchestrator
