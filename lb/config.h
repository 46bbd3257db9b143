// Times and limits of a load balancer node.
#pragma once

#include <cstdint>
#include <string>

#include "base/http/acceptor.h"
#include "base/rt/address.h"
#include "lb/balance/health.h"

namespace multiaz::lb {

constexpr size_t kClientsMax = 6'000;           // connections of clients, if there are descriptors
constexpr uint64_t kShortageTellMs = 10'000;    // between two events that say that we lack some
constexpr size_t kIdlePerTargetMax = 256;       // kept-alive connections to one target
constexpr uint64_t kPoolIdleMs = 55'000;        // below the 75 s of our web instances
constexpr size_t kInputBytesMax = 64 << 10;     // buffered from one peer before reading pauses
constexpr size_t kRelayBytes = 64 << 10;        // collected before a write to the client
constexpr size_t kDiscardBytesMax = 256 << 10;  // of an unwanted body, to save the connection
constexpr uint64_t kDiscardMs = 1'000;
constexpr uint64_t kWatchIntervalMs = 50;  // clients that left, delays that are over
constexpr size_t kForwardedForMax = 30;    // addresses in X-Forwarded-For: more is 463

struct LbConfig {
  rt::Address self;  // source address of connections to targets
  uint64_t check_interval_ms = 200;
  uint64_t check_timeout_ms = 500;
  Thresholds thresholds;
  uint64_t connect_ms = 1'000;
  uint64_t idle_ms = 60'000;
  uint64_t client_keep_alive_ms = 3'600'000;
  uint64_t deregistration_ms = 5'000;
  http::DrainTimes drain;
  std::string key_hex;  // of the cluster; "" = a random one of this node
  bool stickiness = true;
  std::string health_path = "/health";
  bool replay_any = false;  // the deliberate mistake "replay-post"
};

// How many clients fit into the descriptors of this process, with a connection to a target for
// each.
size_t clients_max();

// "fast" or "aws" (the documented defaults of Application Load Balancers).
LbConfig config_for_profile(const std::string& profile);

}  // namespace multiaz::lb
