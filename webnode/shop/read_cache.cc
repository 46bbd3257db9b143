#include "webnode/shop/read_cache.h"

#include <algorithm>

#include "base/core/random.h"

namespace multiaz::webnode {

using namespace clients;  // NOLINT: Command, Reply, ...

namespace {

constexpr uint64_t kCachePatienceMs = 100;  // after so long the database is asked
constexpr uint64_t kFillLeaseMs = 500;      // how long another instance may take to fill
constexpr uint64_t kFillPollMs = 5;
constexpr uint64_t kFillPatienceMs = 250;  // how long to wait for that other instance
constexpr uint64_t kFailoverMs = 600;      // how long a cache that is away is waited for
constexpr uint64_t kTokenTtlFactor = 2;    // tokens outlive the values that carry them
constexpr size_t kTokenBytes = 8;

Nanos soon() {
  return monotonic_now() + kCachePatienceMs * kMillisecond;
}

std::string token_key(const std::string& key) {
  return key + ":v";
}

std::string fill_key(const std::string& key) {
  return key + ":f";
}

// A stored value consists of the token, a space and the value.
std::optional<std::string> with_token(const Reply& stored, const Reply& token) {
  if (stored.kind != Reply::Kind::kText || token.kind != Reply::Kind::kText) return std::nullopt;
  const std::string prefix = token.text + " ";
  if (!stored.text.starts_with(prefix)) return std::nullopt;
  return stored.text.substr(prefix.size());
}

}  // namespace

std::optional<ReadCacheConfig::Strategy> cache_strategy_from(std::string_view name) {
  using Strategy = ReadCacheConfig::Strategy;
  if (name == "none") return Strategy::kNone;
  if (name == "lazy") return Strategy::kLazy;
  if (name == "write-through") return Strategy::kWriteThrough;
  return std::nullopt;
}

rt::Task<ReadCache::Found> ReadCache::find(std::string key) {
  Found out;
  if (!cache_.up()) co_return out;
  Commands commands;
  commands.push_back(Command{"GET", key});
  commands.push_back(Command{"GET", token_key(key)});
  const Result<Replies> replies = co_await cache_.read(std::move(commands), soon());
  if (!replies) co_return out;
  out.reached = true;
  out.value = with_token((*replies)[0], (*replies)[1]);
  if (!out.value && (*replies)[0].kind == Reply::Kind::kText) ++stats_.stale;
  co_return out;
}

// The token to store the value with; "" means that it is not stored. Waits while another instance
// fills: then the value may be there, and the caller looks again (the token is "again").
rt::Task<std::string> ReadCache::begin_fill(std::string key) {
  const std::string mine = secret_hex(kTokenBytes);
  const std::string token_ttl = std::to_string(config_.ttl_ms * kTokenTtlFactor);
  Commands commands;
  commands.push_back(Command{"SET", token_key(key), mine, "NX", "PX", token_ttl});
  commands.push_back(Command{"SET", fill_key(key), mine, "NX", "PX", std::to_string(kFillLeaseMs)});
  commands.push_back(Command{"GET", token_key(key)});
  commands.push_back(Command{"GET", fill_key(key)});
  const Result<Replies> replies = co_await cache_.write(std::move(commands), soon());
  if (!replies) co_return std::string();
  if ((*replies)[3].text != mine) co_return std::string("again");
  co_return (*replies)[2].text;
}

rt::Task<ReadCache::Look> ReadCache::look_naively(std::string key) {
  Look out;
  out.ticket.key = key;
  Commands commands;
  commands.push_back(Command{"GET", key});
  const Result<Replies> replies = co_await cache_.read(std::move(commands), soon());
  if (replies && replies->front().kind == Reply::Kind::kText) out.value = replies->front().text;
  if (out.value)
    ++stats_.hits;
  else
    asks(out.ticket);
  co_return out;
}

// The value that another request of this process found. nullopt: no request is filling, or the time
// is up.
rt::Task<std::optional<std::string>> ReadCache::filled_by_others(std::string key, Nanos until) {
  while (monotonic_now() < until) {
    const auto other = filling_.find(key);
    if (other == filling_.end()) break;
    const std::shared_ptr<Filling> filling = other->second;
    while (!filling->done && monotonic_now() < until) {
      (void)co_await filling->over.wait((until - monotonic_now()) / kMillisecond + 1);
    }
    if (filling->value) co_return filling->value;
  }
  co_return std::nullopt;
}

void ReadCache::asks(Ticket& ticket) {
  ++stats_.misses;
  ticket.asks = true;
  stats_.most_fills_at_once = std::max(stats_.most_fills_at_once, ++asking_[ticket.key]);
}

void ReadCache::asked(const Ticket& ticket) {
  if (ticket.asks && --asking_[ticket.key] == 0) asking_.erase(ticket.key);
}

rt::Task<ReadCache::Look> ReadCache::look(std::string key, Nanos until) {
  Look out;
  out.ticket.key = key;
  if (!on()) co_return out;
  if (config_.naive) {
    Look naive = co_await look_naively(key);
    co_return naive;
  }
  out.value = co_await filled_by_others(key, until);
  if (out.value) {
    ++stats_.shared;
    co_return out;
  }
  if (filling_.contains(key)) {  // the time is up: the caller's query fails by its own deadline
    ++stats_.misses;
    co_return out;
  }
  out.ticket.filling = std::make_shared<Filling>();
  filling_[key] = out.ticket.filling;
  // In a failover the cache is soon back, and only it can keep all instances from filling at once.
  while (!cache_.up() && cache_.away_ms() > 0 && cache_.away_ms() < kFailoverMs &&
         monotonic_now() < until) {
    co_await rt::sleep_ms(kFillPollMs);
  }
  const Nanos patience = monotonic_now() + kFillPatienceMs * kMillisecond;
  Found found = co_await find(key);
  while (found.reached && !found.value) {
    out.ticket.token = co_await begin_fill(key);
    if (out.ticket.token != "again") break;
    out.ticket.token.clear();
    if (monotonic_now() >= patience) break;
    co_await rt::sleep_ms(kFillPollMs);
    found = co_await find(key);
  }
  if (!found.value) {
    asks(out.ticket);
    co_return out;
  }
  ++stats_.hits;
  out.value = found.value;
  out.ticket.filling->value = found.value;
  out.ticket.filling->done = true;
  out.ticket.filling->over.notify_all();
  filling_.erase(key);
  out.ticket.filling.reset();  // so that fill() does not end a later duty by mistake
  co_return out;
}

rt::Task<void> ReadCache::fill(Ticket ticket, std::optional<std::string> value) {
  if (!on()) co_return;
  asked(ticket);
  if (ticket.filling) {
    ticket.filling->value = value;
    ticket.filling->done = true;
    ticket.filling->over.notify_all();
    filling_.erase(ticket.key);
  }
  const bool store = value && (config_.naive || !ticket.token.empty());
  if (!store || !cache_.up()) co_return;
  const uint64_t pause_ms = config_.fill_pause_ms + random_.below(config_.fill_pause_spread_ms + 1);
  if (pause_ms > 0) co_await rt::sleep_ms(pause_ms);
  const std::string ttl = std::to_string(config_.ttl_ms);
  Commands commands;
  if (config_.naive) {
    commands.push_back(Command{"SET", ticket.key, *value, "PX", ttl});
  } else {
    commands.push_back(Command{"SET", ticket.key, ticket.token + " " + *value, "PX", ttl});
    commands.push_back(Command{"DEL", fill_key(ticket.key)});
  }
  (void)co_await cache_.write(std::move(commands), soon());
}

rt::Task<void> ReadCache::changed(std::vector<std::string> keys) {
  if (!on() || keys.empty()) co_return;
  Commands commands;
  const std::string token_ttl = std::to_string(config_.ttl_ms * kTokenTtlFactor);
  for (const std::string& key : keys) {
    if (config_.naive)
      commands.push_back(Command{"DEL", key});
    else
      commands.push_back(Command{"SET", token_key(key), secret_hex(kTokenBytes), "PX", token_ttl});
  }
  // This waits even for a slow cache, because only the new token keeps readers from an old value.
  const Nanos until = monotonic_now() + 5 * kCachePatienceMs * kMillisecond;
  (void)co_await cache_.write(std::move(commands), until);
}

}  // namespace multiaz::webnode
