// The cache in front of the database, for what many read and few change: cache-aside with TTL.
//
// Every key has a token beside it (KEY:v). Who misses notes the token before it reads the database
// and stores the value with it; who changes the data sets a new token after the commit. A value
// counts only with the token that is current when it is read, so a slow reader cannot bring an old
// value back (the stale set; the lease of "Scaling Memcache at Facebook", NSDI 2013, checked by the
// reader, because that needs nothing but GET and SET and survives a failover of the cache).
//
// The herd: in one instance one request fills a key and the others take its value, or the next of
// them tries when the database did not answer; between instances KEY:f says for a moment that
// somebody is at it. Without the cache the first half holds.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/random.h"
#include "base/rt/sync.h"
#include "base/rt/task.h"
#include "clients/cache.h"

namespace multiaz::webnode {

struct ReadCacheConfig {
  enum class Strategy {
    kNone,          // every read is the database's
    kLazy,          // filled by who misses; changed data is only marked
    kWriteThrough,  // who changes data fills it, too
  };
  Strategy strategy = Strategy::kNone;
  uint64_t ttl_ms = 60'000;
  bool naive = false;  // the mistake "naive-cache-aside": no tokens, no order, a herd
  // Between database and cache, for tests of that mistake: so long, and up to so much more. Pauses
  // of one length would keep everybody in order, and hide it.
  uint64_t fill_pause_ms = 0, fill_pause_spread_ms = 0;
};
std::optional<ReadCacheConfig::Strategy> cache_strategy_from(std::string_view name);
inline constexpr std::string_view kCacheStrategies = "none, lazy or write-through";

struct ReadCacheStats {
  uint64_t hits = 0;                // answered by the cache
  uint64_t shared = 0;              // answered by another request's fill
  uint64_t misses = 0;              // asked the database
  uint64_t stale = 0;               // values whose token was not current: ignored
  uint64_t most_fills_at_once = 0;  // of one key, by this process, ever: 1 when the herd is held
};

class ReadCache {
 public:
  ReadCache(clients::Cache& cache, ReadCacheConfig config) : cache_(cache), config_(config) {}

  struct Filling {
    rt::Notify over;
    bool done = false;
    std::optional<std::string> value;
  };
  // The duty to fill a key: whoever got one calls fill() with it, also after a failure.
  struct Ticket {
    std::string key, token;
    std::shared_ptr<Filling> filling;
    bool asks = false;  // is counted as one who asks the database now
  };
  struct Look {
    std::optional<std::string> value;
    Ticket ticket;  // without a value
  };
  // Never fails: without the cache it is a miss.
  rt::Task<Look> look(std::string key, Nanos until);
  // `value`: nothing = the database did not answer.
  rt::Task<void> fill(Ticket ticket, std::optional<std::string> value);
  // After the commit. What readers find from now on is not older. Best effort: without the cache
  // the TTL is the bound.
  rt::Task<void> changed(std::vector<std::string> keys);

  [[nodiscard]] bool on() const { return config_.strategy != ReadCacheConfig::Strategy::kNone; }
  [[nodiscard]] bool write_through() const {
    return config_.strategy == ReadCacheConfig::Strategy::kWriteThrough;
  }
  [[nodiscard]] const ReadCacheStats& stats() const { return stats_; }

 private:
  struct Found {
    std::optional<std::string> value;
    bool reached = false;  // the cache answered
  };
  rt::Task<Found> find(std::string key);
  rt::Task<std::string> begin_fill(std::string key);
  rt::Task<Look> look_naively(std::string key);
  rt::Task<std::optional<std::string>> filled_by_others(std::string key, Nanos until);
  void asks(Ticket& ticket);
  void asked(const Ticket& ticket);

  clients::Cache& cache_;
  ReadCacheConfig config_;
  Random random_{secret_u64()};
  ReadCacheStats stats_;
  std::map<std::string, std::shared_ptr<Filling>> filling_;  // by key, in this process
  std::map<std::string, uint64_t> asking_;                   // how many ask the database, by key
};

}  // namespace multiaz::webnode
