// Host: what commands may ask of the node on which they run. The server implements it; tests use a
// fake.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"
#include "cachenode/commands/client.h"

namespace multiaz::tls {
class Context;
}

namespace multiaz::cachenode {

constexpr size_t kMaxmemoryDefaultBytes = 256u << 20;

struct Settings {
  std::string id, zone, cluster;
  std::string password;                               // "" when none is needed
  uint64_t maxmemory_bytes = kMaxmemoryDefaultBytes;  // 0 sets no bound
  size_t clients_max = 10000;
  uint64_t idle_timeout_s = 0;  // 0 sets none, as in ElastiCache
  std::shared_ptr<const tls::Context> tls;  // every client must speak TLS; null: none does
};

// Whether data commands may run now, and the error if they may not.
struct Permissions {
  bool may_read = false, may_write = false;
  std::string_view no_read, no_write;
};

struct Stats {
  uint64_t commands = 0, connections = 0, rejected_connections = 0;
  uint64_t keyspace_hits = 0, keyspace_misses = 0, expired_keys = 0;
  uint64_t auth_failures = 0, in_doubt_replies = 0;
  uint64_t input_bytes = 0, output_bytes = 0;
};

struct ReplicaFacts {
  std::string id, host;
  uint16_t port = 0;
  bool in_sync = false, connected = false;
  Lsn acked;
  uint64_t lag_ms = 0;
};

// The group as INFO and ROLE show it.
struct GroupFacts {
  std::string role;  // "none", "learner", "secondary", "primary"
  Epoch epoch;
  Lsn tail, commit;
  bool serving = false;
  uint64_t lease_left_ms = 0;
  std::string primary_id, primary_host;
  uint16_t primary_port = 0;
  std::vector<ReplicaFacts> replicas;
  bool is_primary() const { return role == "primary"; }
};

class Host {
 public:
  virtual ~Host() = default;
  virtual const Settings& settings() const = 0;
  virtual Stats& stats() = 0;
  virtual GroupFacts group() const = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:6379"
  virtual uint64_t uptime_s() const = 0;
  virtual std::vector<const Client*> clients() const = 0;
  // The number of replicas that have everything up to `lsn`.
  virtual size_t replicas_with(Lsn lsn) const = 0;
  virtual void auth_failed(const Client& client) = 0;
};

}  // namespace multiaz::cachenode
