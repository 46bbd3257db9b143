// CacheLane: one connection to the cache and the calls that wait for it.
//
// Every call is safe to send twice (the shop writes fixed values under unique names), so the lane
// itself carries calls over a failover: when the connection is lost they return to the front of the
// queue in their old order and are sent again on the next connection, until each call's own
// deadline.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"
#include "base/tls/context.h"
#include "clients/breaker.h"
#include "clients/redis_codec.h"
#include "clients/reply.h"

namespace multiaz::clients {

constexpr size_t kCacheCallsMax = 1024;  // calls queued or in flight in one lane
constexpr uint64_t kCacheSweepMs = 20;   // precision of the deadlines of calls
constexpr uint64_t kCacheBackoffFirstMs = 10;
constexpr uint64_t kCacheBackoffMaxMs = 50;

struct CacheConfig {
  CacheUrl url;
  std::shared_ptr<const tls::Context> tls;  // for a URL with TLS
  rt::Address from;  // ip 0 = let the kernel choose
  uint64_t connect_ms = 1000;
  uint64_t command_ms = 1000;  // after so long without an answer the connection is dropped
  uint64_t breaker_ms = 3500;  // after so long without any answer calls fail at once (breaker.h)
};

struct CacheStats {
  uint64_t commands = 0, connects = 0, losses = 0, resent = 0, expired = 0;
  uint64_t refused = 0;  // refused by the circuit breaker
};

class CacheLane {
 public:
  explicit CacheLane(const CacheConfig& config);
  ~CacheLane();  // REQUIRES: run() has returned and no call waits
  CacheLane(const CacheLane&) = delete;
  CacheLane& operator=(const CacheLane&) = delete;

  // Keeps a connection until `stop`; then every waiting call fails.
  rt::Task<void> run(rt::Stop& stop);
  // One reply for each command, in order. kUnavailable: certainly not executed. kTimeout: in doubt.
  // kLimit: too many calls are waiting (not executed). kInternal: an error reply.
  rt::Task<Result<Replies>> call(Commands commands, Nanos until);
  // To be called when the primary has moved: calls in flight go to the new one.
  void drop(std::string_view why);

  [[nodiscard]] bool up() const { return ready_; }
  // Since when it has been down; 0 when it is up, or never was.
  [[nodiscard]] Nanos lost_at() const { return ready_ ? 0 : lost_at_; }
  [[nodiscard]] bool circuit_open() const { return breaker_.open(monotonic_now()); }
  [[nodiscard]] const CacheStats& stats() const { return stats_; }

 private:
  struct Call;
  struct Slot {
    Call* call;  // null when the caller has given up: the replies are then dropped
    size_t replies_left;
    Nanos sent_at;
  };
  rt::Task<Result<rt::Address>> address();
  rt::Task<Status> connect();
  rt::Task<Status> handshake();
  rt::Task<Status> read_replies();
  void send_queued();
  void send(Call& call);
  Status take(Reply reply);
  Status finish_front();
  void requeue_in_flight();
  void sweep();
  void fail_all();
  static void finish(Call& call, Result<Replies> result);
  static Error expiry_error(const Call& call);

  CacheConfig config_;
  std::unique_ptr<rt::Conn> conn_;
  std::unique_ptr<ReplyReader> reader_;
  bool ready_ = false, stopped_ = false;
  std::deque<Call*> queue_;
  std::deque<Slot> in_flight_;
  std::unique_ptr<rt::Timer> sweeper_;
  Breaker breaker_;
  Nanos lost_at_ = 0;
  CacheStats stats_;
};

}  // namespace multiaz::clients
