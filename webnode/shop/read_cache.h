// The cache in front of the database, for data that is read often and changed rarely: cache-aside
// with TTL.
//
// Every key has a token beside it (KEY:v). A reader that misses notes the token before it reads the
// database and stores the value with it; a writer sets a new token after the commit. A value counts
// only with the token that is current when it is read, so a slow reader cannot bring an old value
// back (the stale set; the lease of "Scaling Memcache at Facebook", NSDI 2013, checked by the
// reader, because that needs nothing but GET and SET and survives a failover of the cache).
//
// Against a thundering herd: in one instance one request fills a key and the others take its value,
// or the next one tries when the database did not answer; between instances KEY:f says for a moment
// that an instance is filling. Without the cache the first half holds.
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
    kNone,          // every read goes to the database
    kLazy,          // a reader that misses fills it; a change only invalidates
    kWriteThrough,  // a writer fills it, too
  };
  Strategy strategy = Strategy::kNone;
  uint64_t ttl_ms = 60'000;
  // the mistake "naive-cache-aside": without tokens, order and protection against a herd
  bool naive = false;
  // For tests of that mistake: a pause between database and cache, of this length plus a random
  // part up to the spread. Pauses of equal length would keep all requests in order and hide it.
  uint64_t fill_pause_ms = 0, fill_pause_spread_ms = 0;
};
std::optional<ReadCacheConfig::Strategy> cache_strategy_from(std::string_view name);
inline constexpr std::string_view kCacheStrategies = "none, lazy or write-through";

struct ReadCacheStats {
  uint64_t hits = 0;    // answers from the cache
  uint64_t shared = 0;  // answers from another request's fill
  uint64_t misses = 0;  // reads that asked the database
  uint64_t stale = 0;   // values that were ignored because their token was not current
  // most simultaneous fills of one key in this process so far: 1 when the herd is held
  uint64_t most_fills_at_once = 0;
};

class ReadCache {
 public:
  ReadCache(clients::Cache& cache, ReadCacheConfig config) : cache_(cache), config_(config) {}

  struct Filling {
    rt::Notify over;
    bool done = false;
    std::optional<std::string> value;
  };
  // The duty to fill a key: its owner calls fill() with it, also after a failure.
  struct Ticket {
    std::string key, token;
    std::shared_ptr<Filling> filling;
    bool asks = false;  // counts as a request that asks the database now
  };
  struct Look {
    std::optional<std::string> value;
    Ticket ticket;  // set when there is no value
  };
  // Never fails: without the cache it is a miss.
  rt::Task<Look> look(std::string key, Nanos until);
  // A `value` of nullopt means that the database did not answer.
  rt::Task<void> fill(Ticket ticket, std::optional<std::string> value);
  // To be called after the commit. What readers find from now on is not older. It is best effort:
  // without the cache the TTL is the bound.
  rt::Task<void> changed(std::vector<std::string> keys);

  [[nodiscard]] bool on() const { return config_.strategy != ReadCacheConfig::Strategy::kNone; }
  [[nodiscard]] bool write_through() const {
    return config_.strategy == ReadCacheConfig::Strategy::kWriteThrough;
  }
  [[nodiscard]] const ReadCacheStats& stats() const { return stats_; }

 private:
  struct Found {
    std::optional<std::string> value;
    bool reached = false;  // whether the cache answered
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
  std::map<std::string, uint64_t> asking_;  // number of requests that ask the database, by key
};

}  // namespace multiaz::webnode
