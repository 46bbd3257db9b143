#include "orchestrator/plan/config.h"

#include <algorithm>
#include <array>

#include "base/core/nearest.h"
#include "orchestrator/plan/balancer.h"

namespace multiaz::orchestrator {

namespace {

bool is_name(std::string_view text) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !text.empty() && text.size() <= 32 && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), good);
}

bool is_number(std::string_view text, int high) {
  if (text.empty() || text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  return value <= high;
}

// "127.0.0.1:8080"
bool is_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view port = text.substr(colon + 1);
  if (!is_number(port, 65535) || port == "0") return false;
  std::string_view rest = text.substr(0, colon);
  for (int part = 0; part < 4; ++part) {
    const size_t dot = rest.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) return false;
    if (!is_number(rest.substr(0, dot), 255)) return false;
    rest.remove_prefix(part == 3 ? rest.size() : dot + 1);
  }
  return true;
}

Error not_allowed(const ConfigKey& key, const std::string& got) {
  return Error(Code::kInvalid, std::string(key.section) + "." + std::string(key.key) + " = " + got +
                                   " is not allowed: it takes " + allowed_values(key));
}

}  // namespace

std::string allowed_values(const ConfigKey& key) {
  if (std::holds_alternative<bool Config::*>(key.field)) return "true or false";
  if (std::holds_alternative<int64_t Config::*>(key.field)) {
    return "an integer from " + std::to_string(key.low) + " to " + std::to_string(key.high);
  }
  if (std::holds_alternative<ConfigKey::Texts>(key.field)) {
    return "an array of texts, such as [\"python3\", \"app.py\"]";
  }
  if (key.key == "health_path") return "a path that begins with '/'";
  if (key.key == "name") return "up to 32 letters, digits, '-' or '_'";
  if (key.key == "address") return "text ADDRESS:PORT, such as \"127.0.0.1:8080\"";
  if (key.choices.empty()) return "text";
  std::string out = "one of";
  for (size_t i = 0; i < key.choices.size(); ++i) {
    out += (i == 0 ? " " : ", ") + std::string("\"") + std::string(key.choices[i]) + "\"";
  }
  return out;
}

Status set_integer(const ConfigKey& key, int64_t value, Config& config) {
  const auto* field = std::get_if<int64_t Config::*>(&key.field);
  if (!field || value < key.low || value > key.high) {
    return not_allowed(key, std::to_string(value));
  }
  config.*(*field) = value;
  return Status();
}

Status set_bool(const ConfigKey& key, bool value, Config& config) {
  const auto* field = std::get_if<bool Config::*>(&key.field);
  if (!field) return not_allowed(key, value ? "true" : "false");
  config.*(*field) = value;
  return Status();
}

Status set_text(const ConfigKey& key, const std::string& value, Config& config) {
  const auto* field = std::get_if<std::string Config::*>(&key.field);
  const std::string quoted = "\"" + value + "\"";
  if (!field || (key.key == "name" && !is_name(value)) ||
      (key.key == "health_path" && !value.starts_with('/')) ||
      (key.key == "address" && !is_address(value))) {
    return not_allowed(key, quoted);
  }
  if (!key.choices.empty() &&
      std::find(key.choices.begin(), key.choices.end(), value) == key.choices.end()) {
    const Error error = not_allowed(key, quoted);
    const std::string near = nearest(value, key.choices);
    return near.empty() ? error
                        : Error(error.code, error.detail + "; did you mean \"" + near + "\"?");
  }
  config.*(*field) = value;
  return Status();
}

Status set_texts(const ConfigKey& key, std::vector<std::string> value, Config& config) {
  const auto* field = std::get_if<ConfigKey::Texts>(&key.field);
  if (!field || value.empty() || value.front().empty()) return not_allowed(key, "this");
  config.*(*field) = std::move(value);
  return Status();
}

namespace {

void check_engines(const Config& config, std::vector<ConfigProblem>& problems) {
  const bool foreign_cache = config.cache_engine != "multiaz";
  const bool foreign_db = config.db_engine != "multiaz";
  if (foreign_cache && !config.cache_snapshot.empty())
    problems.push_back({"cache", "snapshot", "needs cache.engine multiaz"});
  if (foreign_db && !config.db_snapshot.empty())
    problems.push_back({"db", "snapshot", "needs db.engine multiaz"});
  if (foreign_cache && config.cache_tls == "on")
    problems.push_back({"cache", "tls", "needs cache.engine multiaz"});
  if (foreign_db && config.db_force_ssl)
    problems.push_back({"db", "force_ssl", "needs db.engine multiaz"});
  if (config.bug != "none" && (foreign_cache || foreign_db)) {
    problems.push_back({"cluster", "bug",
                        "deliberate mistakes need cache.engine and "
                        "db.engine multiaz"});
  }
  if (!config.cache_snapshot.empty() && config.cache_durability == "memory") {
    problems.push_back({"cache", "snapshot",
                        "needs cache.durability os, disk or async: a cache "
                        "in memory only does not start from a folder"});
  }
  if (!config.db_snapshot.empty() && config.db_durability == "memory") {
    problems.push_back({"db", "snapshot", "needs db.durability disk"});
  }
}

// The document of the load balancers, and the port of HTTPS beside its listeners.
void check_balancer(const Config& config, std::vector<ConfigProblem>& problems) {
  if (config.lb_https_port != 0) {
    const bool taken = config.lb_https_port == config.lb_port ||
                       config.shop_address.ends_with(":" + std::to_string(config.lb_https_port));
    if (taken) {
      problems.push_back({"lb", "https_port",
                          "HTTP has that port already (lb.port or shop.address); 0: no HTTPS"});
    }
  }
  const BalancerConfig balancer = read_balancer(config);
  for (const elb::Listener& one : balancer.document.listeners) {
    if (one.port == 0 || one.port != config.lb_https_port) continue;
    problems.push_back({"lb", "https_port", "a listener has that port already; 0: no HTTPS"});
  }
  for (const elb::Mistake& one : balancer.mistakes) {
    const size_t end = one.place.find('.');
    const bool nested = end != std::string::npos;
    problems.push_back(
        {one.place.substr(0, end), nested ? one.place.substr(end + 1) : "", one.text});
  }
}

}  // namespace

std::vector<ConfigProblem> check_config(const Config& config) {
  std::vector<ConfigProblem> problems;
  // Instance n of a tier in a zone has the address 127.C.Z.(base + n); see plan.cc.
  if (config.web_count > kWebPerZoneMax * config.zones) {
    problems.push_back(
        {"web", "count",
         "at most " + std::to_string(kWebPerZoneMax) +
             " web instances fit in a zone: " + std::to_string(kWebPerZoneMax * config.zones) +
             " in " + std::to_string(config.zones) + " zones"});
  }
  const int64_t web_max = config.web_max ? config.web_max : kWebPerZoneMax * config.zones;
  if (config.web_min > web_max) {
    problems.push_back(
        {"web", "min", "must not be above web.max (" + std::to_string(web_max) + ")"});
  }
  const bool fits = config.web_count <= kWebPerZoneMax * config.zones;
  if (config.web_count < config.web_min || (fits && config.web_count > web_max)) {
    problems.push_back({"web", "count",
                        "must lie between web.min (" + std::to_string(config.web_min) +
                            ") and web.max (" + std::to_string(web_max) + ")"});
  }
  if (web_max > kWebPerZoneMax * config.zones) {
    problems.push_back({"web", "max",
                        "at most " + std::to_string(kWebPerZoneMax * config.zones) +
                            " web instances fit in " + std::to_string(config.zones) + " zones"});
  }
  constexpr int64_t kDbPerZoneMax = 9;
  const int64_t databases = 1 + (config.db_standby ? 1 : 0) + config.db_replicas;
  if (databases > kDbPerZoneMax * config.zones) {
    problems.push_back({"db", "replicas",
                        "at most " + std::to_string(kDbPerZoneMax) + " databases fit in a zone"});
  }
  const bool cached = config.web_sessions == "cache" || config.web_cache_strategy != "none";
  if (config.cache_count == 0 && cached) {
    problems.push_back(
        {"cache", "count", "web.sessions or web.cache_strategy needs a cache: 1 or more"});
  }
  check_engines(config, problems);
  check_balancer(config, problems);
  if (config.control_port == config.api_port) {
    problems.push_back({"control", "port", "the API has that port already (api.port)"});
  }
  if (config.silence_ms > 0 && config.replace_hung_after_ms > 0 &&
      config.replace_hung_after_ms <= config.silence_ms) {
    problems.push_back(
        {"control", "replace_hung_after_ms",
         "must be longer than control.silence_ms (" + std::to_string(config.silence_ms) + ")"});
  }
  return problems;
}

std::string nearest(std::string_view word, std::span<const std::string_view> known) {
  return multiaz::nearest(word, known);
}

}  // namespace multiaz::orchestrator
