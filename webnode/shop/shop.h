// Shop: the services that every request handler works with. One per process; it holds no state of
// requests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/core/clock.h"
#include "clients/cache.h"
#include "clients/db.h"
#include "webnode/sessions/store.h"
#include "webnode/shop/login_throttle.h"
#include "webnode/shop/passwords.h"
#include "webnode/shop/read_cache.h"
#include "webnode/shop/registration_throttle.h"
#include "webnode/shop/request_log.h"
#include "webnode/shop/signer.h"

namespace multiaz::webnode {

using namespace clients;  // NOLINT: Db, Batch, Rows, ...

struct ShopCounters {
  uint64_t requests = 0, errors = 0, forged_cookies = 0, orders = 0;
};

struct ShopConfig {
  std::string instance, zone;
  CacheConfig cache;
  DbPoolConfig database;
  std::optional<DbPoolConfig> replica;
  std::string cookie_key;
  std::string session_store = "cache";  // session_store_names()
  TableConfig table;                    // for the session store "table"
  ReadCacheConfig read_cache;
  uint64_t request_ms = 3500;    // how long a failover may delay a request before it fails
  bool forget_keys = false;      // the mistake "no-idempotency"
  bool secure_cookie = false;    // only behind TLS
  bool behind_balancer = false;  // X-Forwarded-For names the client
  AccessLog access_log = AccessLog::kErrors;
};

struct Shop {
  explicit Shop(ShopConfig settings)
      : config(std::move(settings)),
        cache(config.cache),
        db(config.database, config.replica),
        sessions(make_session_store(config.session_store, cache, config.table)),
        reads(cache, config.read_cache),
        logins(cache),
        signer(config.cookie_key),
        request_log(config.access_log, config.instance, config.zone) {}

  ShopConfig config;
  Cache cache;
  Db db;
  std::unique_ptr<SessionStore> sessions;
  ReadCache reads;
  LoginThrottle logins;
  RegistrationThrottle registrations;
  Signer signer;
  RequestLog request_log;
  Passwords passwords;
  ShopCounters counters;
  bool schema_seen = false;
  bool draining = false;
};

}  // namespace multiaz::webnode
