#include "webnode/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/core/log.h"
#include "base/core/random.h"
#include "clients/cache_trust.h"

namespace multiaz::webnode {

namespace {

// How long to wait for each tier, by profile.
struct Patience {
  uint64_t connect_ms, command_ms, request_ms;
};
constexpr Patience kFast = {1000, 1000, 3500};
constexpr Patience kAws = {3000, 3000, 12000};

constexpr size_t kPrimaryConnectionsMax = 3;
constexpr size_t kReplicaConnectionsMax = 2;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string either(const std::string& flag, const char* name) {
  return flag.empty() ? environment(name) : flag;
}

bool given(const std::vector<std::string>& args, std::string_view flag) {
  for (const std::string& arg : args) {
    if (arg == flag || arg.starts_with(std::string(flag) + "=")) return true;
  }
  return false;
}

DbPoolConfig pool_config(const agent::DaemonOptions& options, const Patience& patience,
                         std::string name, std::string url, size_t connections_max) {
  DbPoolConfig config;
  config.name = std::move(name);
  config.target.url = std::move(url);
  config.target.password = environment("MULTIAZ_DB_PASSWORD");
  config.target.application = options.id;
  config.target.self = options.self;
  config.connections_max = connections_max;
  config.connect_ms = patience.connect_ms;
  config.command_ms = patience.command_ms;
  config.breaker_ms = patience.request_ms;
  return config;
}

std::string cookie_key() {
  std::string key = environment("MULTIAZ_COOKIE_KEY");
  if (!key.empty()) return key;
  log::warn("MULTIAZ_COOKIE_KEY is not set: cookies are valid in this process only");
  return secret_hex(32);
}

Status read_number(const std::string& text, const char* name, uint64_t low, uint64_t high,
                   uint64_t& into) {
  if (text.empty()) return Status();
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || value < low || value > high) {
    return Error(Code::kInvalid, std::string(name) + ": a number from " + std::to_string(low) +
                                     " to " + std::to_string(high) + ", not \"" + text + "\"");
  }
  into = value;
  return Status();
}

// Reads the URL http://HOST[:PORT] of a DynamoDB endpoint.
Status read_table(const agent::DaemonOptions& options, ShopConfig& config) {
  const std::string url = environment("AWS_ENDPOINT_URL");
  const std::string scheme = "http://";
  std::string host = url.starts_with(scheme) ? url.substr(scheme.size()) : "";
  while (!host.empty() && host.back() == '/') host.pop_back();
  const auto address = rt::parse_address(host, 80);
  if (host.empty() || !address) {
    return Error(Code::kInvalid,
                 "AWS_ENDPOINT_URL: SESSION_STORE=table needs http://ADDRESS:PORT, "
                 "not \"" +
                     url + "\"");
  }
  config.table.address = *address;
  config.table.from = options.self;
  config.table.host = host;
  const std::string key = environment("AWS_ACCESS_KEY_ID");
  config.table.credentials.access_key = key.empty() ? "multiaz" : key;
  config.table.credentials.secret = environment("AWS_SECRET_ACCESS_KEY");
  if (config.table.credentials.secret.empty())
    config.table.credentials.secret = environment("MULTIAZ_AWS_SECRET");
  const std::string region = environment("AWS_REGION");
  if (!region.empty()) config.table.credentials.region = region;
  config.table.credentials.service = "dynamodb";
  return Status();
}

// Reads where sessions live and which reads go through the cache.
Status read_stores(const agent::DaemonOptions& options, const Flags& flags, ShopConfig& config) {
  const std::string store = either(flags.session_store, "SESSION_STORE");
  if (!store.empty()) config.session_store = store;
  const auto names = session_store_names();
  if (std::find(names.begin(), names.end(), config.session_store) == names.end()) {
    return Error(Code::kInvalid,
                 "SESSION_STORE: memory, cookie, cache or table, not \"" + store + "\"");
  }
  if (config.session_store == "table") {
    const Status table = read_table(options, config);
    if (!table) return table;
  }
  const std::string strategy = either(flags.cache_strategy, "CACHE_STRATEGY");
  const auto known = cache_strategy_from(strategy.empty() ? "none" : strategy);
  if (!known) {
    return Error(Code::kInvalid,
                 "CACHE_STRATEGY: " + std::string(kCacheStrategies) + ", not \"" + strategy + "\"");
  }
  config.read_cache.strategy = *known;
  if (!options.bug.empty() && options.bug != "naive-cache-aside" &&
      options.bug != "no-idempotency") {
    return Error(Code::kInvalid,
                 "--bug: a web instance knows naive-cache-aside and no-idempotency");
  }
  config.read_cache.naive = options.bug == "naive-cache-aside";
  config.forget_keys = options.bug == "no-idempotency";
  constexpr uint64_t kDayMs = 86'400'000, kMinuteMs = 60'000;
  const Status ttl = read_number(either(flags.cache_ttl_ms, "CACHE_TTL_MS"), "CACHE_TTL_MS", 100,
                                 kDayMs, config.read_cache.ttl_ms);
  if (!ttl) return ttl;
  // widens the window of the mistake so that it can be observed
  constexpr uint64_t kNaiveSpreadMs = 1000;
  if (config.read_cache.naive) config.read_cache.fill_pause_spread_ms = kNaiveSpreadMs;
  return read_number(flags.fill_pause_ms, "--fill-pause-ms", 0, kMinuteMs,
                     config.read_cache.fill_pause_ms);
}

}  // namespace

std::vector<agent::ExtraOption> Flags::extra_options() {
  return {
      {"cache-url", "redis[s]://[user:password@]host[:port][/db] (CACHE_URL)", &cache_url},
      {"database-url", "postgresql://user:password@host:port/db (DATABASE_URL)", &database_url},
      {"database-replica-url", "for browsing (DATABASE_REPLICA_URL)", &database_replica_url},
      {"session-store", "memory, cookie, cache or table (SESSION_STORE)", &session_store},
      {"cache-strategy", "none, lazy or write-through (CACHE_STRATEGY)", &cache_strategy},
      {"cache-ttl-ms", "TTL of values read through the cache (CACHE_TTL_MS)", &cache_ttl_ms},
      {"fill-pause-ms", "for tests: between reading the database and filling the cache",
       &fill_pause_ms},
      {"access-log", "off, errors or all (ACCESS_LOG)", &access_log},
      {"secure-cookie", "yes behind TLS: cookies get the Secure attribute", &secure_cookie},
  };
}

std::vector<std::string> with_environment(int argc, char** argv) {
  std::vector<std::string> args(argv, argv + argc);
  const std::string host = environment("HOST");
  const std::string port = environment("PORT");
  if (!host.empty() && !given(args, "--address")) {
    args.push_back("--address");
    args.push_back(host);
  }
  if (!port.empty() && !given(args, "--port")) {
    args.push_back("--port");
    args.push_back(port);
  }
  return args;
}

Result<ShopConfig> shop_config(const agent::DaemonOptions& options, const Flags& flags) {
  const Patience& patience = options.profile == "aws" ? kAws : kFast;
  ShopConfig config;
  config.instance = options.id;
  config.zone = options.zone;
  config.request_ms = patience.request_ms;
  config.secure_cookie = flags.secure_cookie == "yes";
  config.behind_balancer = options.control.has_value();

  const std::string access = either(flags.access_log, "ACCESS_LOG");
  const auto level = access_log_from(access.empty() ? "errors" : access);
  if (!level) {
    return Error(Code::kInvalid, "ACCESS_LOG or --access-log: '" + access + "' is none of " +
                                     std::string(kAccessLogs));
  }
  config.access_log = *level;

  const Status stores = read_stores(options, flags, config);
  if (!stores) return stores.error();
  const std::string cache_text = either(flags.cache_url, "CACHE_URL");
  const bool needed = config.session_store == "cache" ||
                      config.read_cache.strategy != ReadCacheConfig::Strategy::kNone;
  if (cache_text.empty() && needed) {
    return Error(Code::kInvalid, "CACHE_URL or --cache-url is missing");
  }
  if (!cache_text.empty()) {
    const Result<CacheUrl> cache_url = parse_cache_url(cache_text);
    if (!cache_url) return cache_url.error();
    config.cache.url = *cache_url;
    auto trust = clients::cache_trust(*cache_url);
    if (!trust) return trust.error();
    config.cache.tls = std::move(*trust);
  }
  if (config.cache.url.password.empty()) {
    config.cache.url.password = environment("MULTIAZ_CACHE_PASSWORD");
  }
  config.cache.from = options.self;
  config.cache.connect_ms = patience.connect_ms;
  config.cache.command_ms = patience.command_ms;
  config.cache.breaker_ms = patience.request_ms;

  std::string database = either(flags.database_url, "DATABASE_URL");
  if (database.empty()) return Error(Code::kInvalid, "DATABASE_URL or --database-url is missing");
  config.database =
      pool_config(options, patience, "database", std::move(database), kPrimaryConnectionsMax);
  std::string replica = either(flags.database_replica_url, "DATABASE_REPLICA_URL");
  if (!replica.empty()) {
    config.replica =
        pool_config(options, patience, "replica", std::move(replica), kReplicaConnectionsMax);
  }
  config.cookie_key = cookie_key();
  return config;
}

uint64_t schema_patience_ms(std::string_view id, std::string_view zone) {
  constexpr uint64_t kZoneMs = 120;
  constexpr uint64_t kInstanceMs = 40;
  uint64_t patience_ms = 0;
  if (!zone.empty() && zone.back() >= 'a' && zone.back() <= 'z') {
    patience_ms += static_cast<uint64_t>(zone.back() - 'a') * kZoneMs;
  }
  if (!id.empty() && id.back() >= '1' && id.back() <= '9') {
    patience_ms += static_cast<uint64_t>(id.back() - '1') * kInstanceMs;
  }
  return patience_ms;
}

}  // namespace multiaz::webnode
