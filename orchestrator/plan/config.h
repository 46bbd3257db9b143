// The content of a cluster.toml: values with defaults, and the table of keys that the reader, the
// messages and the documentation share.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/core/result.h"

namespace multiaz::orchestrator {

constexpr int kZonesMax = 6;
constexpr int64_t kWebPerZoneMax = 29;  // a zone has so many addresses for them (plan.cc)

struct Config {
  // [cluster]
  std::string name = "multiaz";
  int64_t zones = 3;
  std::string profile = "fast";
  std::string bug = "none";
  bool autoshift = false;
  std::string latency = "off";
  std::string folder;  // folder of the file, in which commands run; no key of the file
  // [lb]
  int64_t lb_per_zone = 1;
  int64_t lb_port = 8080;
  int64_t lb_https_port = 8443;  // 0 = no HTTPS
  bool lb_stickiness = true;
  bool lb_retries = true;
  std::string lb_bug = "none";
  int64_t lb_cpu_percent = 0, lb_memory_max_mb = 0;  // for each process; 0 = no limit
  // [web]
  int64_t web_count = 6;  // desired capacity
  int64_t web_min = 1;
  int64_t web_max = 0;  // 0 = the number of addresses
  int64_t web_port = 8080;
  std::string web_sessions = "cache";
  // A foreign HTTP server instead of webnode: program and arguments. A program without '/' is
  // looked up in PATH; other paths are relative to the file. Empty = webnode.
  std::vector<std::string> web_command;
  std::string web_health_path = "/health";
  std::string web_cache_strategy = "none";
  std::string web_bug = "none";
  int64_t web_cache_ttl_ms = 60'000;
  int64_t web_cpu_percent = 0, web_memory_max_mb = 0;  // for each process; 0 = no limit
  int64_t web_target_cpu_percent = 0;     // of one core, mean over the group; 0 = no such policy
  int64_t web_target_requests_per_s = 0;  // for each instance; 0 = no such policy
  int64_t web_warmup_ms = 0;              // 0 = the profile's
  int64_t web_grace_ms = 0;               // 0 = the profile's
  int64_t web_deregistration_ms = 0;      // 0 = the profile's
  // [cache]
  int64_t cache_count = 3;
  std::string cache_engine = "multiaz";  // "multiaz", or a foreign server under enginenode
  std::string cache_durability = "os";
  int64_t cache_memory_mb = 256;
  int64_t cache_port = 6379;
  int64_t cache_cpu_percent = 0, cache_memory_max_mb = 0;  // for each process; 0 = no limit
  std::string cache_tls = "off";  // "on": every client must speak TLS
  std::string cache_snapshot;
  // [db]
  std::string db_engine = "multiaz";
  bool db_standby = true;
  int64_t db_replicas = 1;
  std::string db_durability = "disk";
  int64_t db_size_mb = 256;
  int64_t db_port = 5432;
  int64_t db_cpu_percent = 0, db_memory_max_mb = 0;  // for each process; 0 = no limit
  bool db_force_ssl = false;
  std::string db_snapshot;
  // [dns]
  bool dns_enabled = true;
  int64_t dns_port = 5353;
  // [awsapi]: the tier also runs when web.sessions is "table".
  bool awsapi_enabled = false;
  int64_t awsapi_port = 4566;
  // [shop]
  std::string shop_address;  // "" = 127.0.0.1:8080 if that is free
  // [lb.attributes], [web.attributes], [[target_group]], [[listener]] and [[rule]] as one JSON
  // object; "" = none. plan/balancer.h reads it.
  std::string balancer;
  // [api]
  int64_t api_port = 7070;
  // [control]: 0 stands for the profile's value.
  int64_t control_port = 7071;
  int64_t silence_ms = 0;
  int64_t replace_hung_after_ms = 0;
};

// One key of the file. `field` selects the member of Config that it sets.
struct ConfigKey {
  using Texts = std::vector<std::string> Config::*;
  using Field = std::variant<int64_t Config::*, bool Config::*, std::string Config::*, Texts>;
  std::string_view section, key;
  Field field;
  int64_t low = 0, high = 0;              // bounds of an integer
  std::vector<std::string_view> choices;  // allowed texts; empty = any text
  std::string_view help;
};
std::span<const ConfigKey> config_keys();

// "an integer from 1 to 6", "one of fast, aws", "true or false", "text"
std::string allowed_values(const ConfigKey& key);
// They set the value or say what is allowed. The text does not name the file and line.
Status set_integer(const ConfigKey& key, int64_t value, Config& config);
Status set_bool(const ConfigKey& key, bool value, Config& config);
Status set_text(const ConfigKey& key, const std::string& value, Config& config);
Status set_texts(const ConfigKey& key, std::vector<std::string> value, Config& config);

// The JSON schema (draft 2020-12) of cluster.toml as a JSON document, for editors.
std::string config_schema_json();

// A broken rule over several keys (enough addresses for the instances, ...): names section and key.
struct ConfigProblem {
  std::string section, key, text;
  // "web.count", "rule[0].conditions[1]", "rule"
  [[nodiscard]] std::string place() const { return key.empty() ? section : section + "." + key; }
};
std::vector<ConfigProblem> check_config(const Config& config);

// The word of `known` that is spelled most like `word`; "" when none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace multiaz::orchestrator
