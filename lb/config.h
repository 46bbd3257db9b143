// Timings and limits of a load balancer node.
#pragma once

#include <cstdint>
#include <string>

#include "base/elb/document.h"
#include "base/http/acceptor.h"
#include "base/rt/address.h"
#include "lb/balance/health.h"

namespace multiaz::lb {

constexpr size_t kClientsMax = 6'000;  // most connections of clients, if the descriptors suffice
// the least time between two events about a shortage
constexpr uint64_t kShortageReportMs = 10'000;
constexpr size_t kIdlePerTargetMax = 256;    // kept-alive connections to one target
constexpr uint64_t kPoolIdleMs = 55'000;     // less than the 75 s of our web instances
constexpr size_t kInputBytesMax = 64 << 10;  // bytes buffered from one peer before reading pauses
constexpr size_t kRelayBytes = 64 << 10;     // bytes collected before a write to the client
// bytes of an unwanted body that are read to save the connection
constexpr size_t kDiscardBytesMax = 256 << 10;
constexpr uint64_t kDiscardMs = 1'000;
// bytes of a request's body that are kept so that an idempotent request can be sent again
constexpr size_t kBodyCopyBytesMax = 64 << 10;
// how often to look for clients that left and delays that are over
constexpr uint64_t kWatchIntervalMs = 50;
constexpr uint64_t kTlsHandshakeMs = 10'000;  // or the idle time-out, if that is shorter
constexpr size_t kForwardedForMax = 30;       // most addresses in X-Forwarded-For; more is 463

struct LbConfig {
  LbConfig();        // the profile "fast"
  rt::Address self;  // source address of connections to targets
  std::string zone;  // of this node
  uint64_t connect_ms = 1'000;
  uint64_t anomaly_interval_ms = 1'000;
  elb::LoadBalancerAttributes attributes;  // of the document in force
  elb::TargetGroup web;  // the group "web" as it is where the document says nothing else
  http::DrainTimes drain;
  std::string key_hex;      // the key of the cluster; "" takes a random one for this node
  bool retries = true;      // false: no other target is asked, and nothing is sent again
  bool replay_any = false;  // the deliberate mistake "replay-post"
};

// How many clients fit into the descriptors of this process, when each may need a connection to a
// target.
size_t clients_max();

// Settings by profile: "fast" or "aws" (the documented defaults of Application Load Balancers).
LbConfig config_for_profile(const std::string& profile);

}  // namespace multiaz::lb
