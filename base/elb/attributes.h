// The attributes of a load balancer and of a target group, with the keys, ranges and defaults of
// AWS's elbv2. attribute_keys.cc has one table for each. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::elb {

enum class DesyncMode { kMonitor, kDefensive, kStrictest };
enum class ForwardedForMode { kAppend, kPreserve, kRemove };
enum class StickinessType { kLbCookie, kAppCookie };
enum class Algorithm { kRoundRobin, kLeastOutstandingRequests, kWeightedRandom };
enum class CrossZone { kOn, kOff, kLoadBalancer };

struct LoadBalancerAttributes {
  uint64_t idle_timeout_ms = 60'000;
  uint64_t client_keep_alive_ms = 3'600'000;
  DesyncMode desync_mode = DesyncMode::kDefensive;
  bool drop_invalid_header_fields = false;
  bool preserve_host_header = false;
  bool tls_headers = false;  // X-Amzn-Tls-Version and X-Amzn-Tls-Cipher-Suite
  bool forwarded_for_port = false;
  ForwardedForMode forwarded_for = ForwardedForMode::kAppend;
  bool http2 = true;
  bool cross_zone = true;
  bool access_logs = false, connection_logs = false, health_check_logs = false;
  bool deletion_protection = false;
  bool waf_fail_open = false;
  bool zonal_shift = true;
  bool operator==(const LoadBalancerAttributes&) const = default;
};

// The smallest number of healthy targets; a value of 0 is "off".
struct HealthMinimum {
  uint64_t count = 1, percent = 0;
  bool operator==(const HealthMinimum&) const = default;
};

struct TargetGroupAttributes {
  uint64_t deregistration_delay_ms = 300'000;
  bool stickiness = false;
  StickinessType stickiness_type = StickinessType::kLbCookie;
  uint64_t lb_cookie_ms = 86'400'000;
  std::string app_cookie_name;
  uint64_t app_cookie_ms = 86'400'000;
  uint64_t slow_start_ms = 0;  // 0 = off
  Algorithm algorithm = Algorithm::kRoundRobin;
  bool anomaly_mitigation = false;
  CrossZone cross_zone = CrossZone::kLoadBalancer;
  HealthMinimum dns_minimum;      // fewer: the zone's nodes leave the name
  HealthMinimum routing_minimum;  // fewer: every registered target gets requests
  bool operator==(const TargetGroupAttributes&) const = default;
};

// Sets one attribute by its key. kInvalid: the key is unknown, the value is not allowed, or it asks
// for what this balancer cannot do yet; the text says which, and what is allowed.
Status set_attribute(std::string_view key, std::string_view value, LoadBalancerAttributes& out);
Status set_attribute(std::string_view key, std::string_view value, TargetGroupAttributes& out);
// Attributes that exclude each other. kInvalid names both.
Status check_together(const TargetGroupAttributes& attributes);

// One row of a table, for messages, documentation and `multiaz lb show`.
struct AttributeRow {
  std::string key;
  std::string allowed;  // "true or false", "seconds from 1 to 4000"
  std::string value;    // of the attributes that were asked for
  std::string words;    // what it does
  std::string only;     // the one value that is built so far; "" = all
};
std::vector<AttributeRow> attribute_rows(const LoadBalancerAttributes& attributes);
std::vector<AttributeRow> attribute_rows(const TargetGroupAttributes& attributes);

}  // namespace multiaz::elb
