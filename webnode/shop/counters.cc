#include "webnode/shop/counters.h"

namespace multiaz::webnode {

std::map<std::string, uint64_t> shop_counters(const Shop& shop) {
  std::map<std::string, uint64_t> out;
  out["requests"] = shop.counters.requests;
  out["errors"] = shop.counters.errors;
  out["orders"] = shop.counters.orders;
  out["forged_cookies"] = shop.counters.forged_cookies;
  const CacheStats cache = shop.cache.stats();
  out["cache_commands"] = cache.commands;
  out["cache_reconnects"] = cache.connects;
  out["cache_resent"] = cache.resent;
  out["cache_refused"] = cache.refused;
  const ReadCacheStats& reads = shop.reads.stats();
  out["read_cache_hits"] = reads.hits;
  out["read_cache_shared"] = reads.shared;
  out["read_cache_misses"] = reads.misses;
  out["read_cache_stale"] = reads.stale;
  out["read_cache_most_fills_at_once"] = reads.most_fills_at_once;
  const DbStats& db = shop.db.primary().stats();
  out["db_batches"] = db.batches;
  out["db_reconnects"] = db.connects;
  out["db_resent"] = db.resent;
  out["db_refused"] = db.refused;
  out["replica_reads"] = shop.db.replica_reads();
  out["replica_behind"] = shop.db.replica_behind();
  return out;
}

}  // namespace multiaz::webnode
