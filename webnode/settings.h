// Settings of a web instance: flags, and the environment variables of twelve-factor hosts.
//
//   PORT, HOST                 where to listen, unless --port and --address say so
//   CACHE_URL                  redis://[user:password@]host[:port][/db]; may be absent when
//                              neither sessions nor reads are kept there
//   DATABASE_URL               postgresql://..., as libpq takes it
//   DATABASE_REPLICA_URL       for browsing; when absent, the primary is used
//   MULTIAZ_CACHE_PASSWORD, MULTIAZ_DB_PASSWORD   for URLs without a password
//   SESSION_STORE              memory, cookie, cache or table (sessions/store.h)
//   AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION   for the table
//   CACHE_STRATEGY             none, lazy or write-through (shop/read_cache.h)
//   CACHE_TTL_MS               of values that are read through the cache
//   ACCESS_LOG                 off, errors or all (shop/request_log.h)
//   MULTIAZ_COOKIE_KEY         any secret text, the same in all instances
#pragma once

#include <string>
#include <vector>

#include "base/agent/options.h"
#include "base/core/result.h"
#include "webnode/shop/shop.h"

namespace multiaz::webnode {

// Flags override the environment.
struct Flags {
  std::string cache_url, database_url, database_replica_url, secure_cookie = "no";
  std::string session_store, cache_strategy, cache_ttl_ms, fill_pause_ms, access_log;
  std::vector<agent::ExtraOption> extra_options();
};

// argv, extended by what HOST and PORT say where no flag says otherwise.
std::vector<std::string> with_environment(int argc, char** argv);

// kInvalid names what is missing or wrong.
Result<ShopConfig> shop_config(const agent::DaemonOptions& options, const Flags& flags);

// How long this instance waits for another one to create the tables: the first instance of the
// first zone does it at once, the others wait in turn.
uint64_t schema_patience_ms(std::string_view id, std::string_view zone);

}  // namespace multiaz::webnode
