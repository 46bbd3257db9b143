// Everything that describes a load balancer, as values: its attributes, target groups, listeners
// and rules, in the shapes and names of AWS's elbv2. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/elb/attributes.h"
#include "base/sg/security_groups.h"

namespace multiaz::elb {

constexpr std::string_view kWebGroup = "web";  // the group that is always there: the web tier

struct CodeRange {
  int low = 200, high = 200;
  bool operator==(const CodeRange&) const = default;
};

struct HealthCheck {
  std::string path = "/";
  std::vector<CodeRange> matcher = {CodeRange()};
  uint64_t interval_ms = 30'000, timeout_ms = 5'000;
  unsigned healthy_threshold = 5, unhealthy_threshold = 2;
  uint16_t port = 0;  // 0 = the port that requests go to
  bool operator==(const HealthCheck&) const = default;
};

struct TargetAddress {
  uint32_t ip = 0;  // host byte order
  uint16_t port = 0;
  bool operator==(const TargetAddress&) const = default;
};

struct TargetGroup {
  std::string name;
  bool instances = true;               // the instances of the web tier; otherwise `targets`
  std::vector<TargetAddress> targets;  // target type "ip"
  uint16_t port = 0;                   // of the instances; 0 = the one that they report
  HealthCheck health;
  TargetGroupAttributes attributes;
  bool operator==(const TargetGroup&) const = default;
};

// --- actions
struct WeightedGroup {
  std::string name;
  unsigned weight = 1;
  bool operator==(const WeightedGroup&) const = default;
};
struct Forward {
  std::vector<WeightedGroup> groups;
  uint64_t stickiness_ms = 0;  // 0 = no AWSALBTG
  bool operator==(const Forward&) const = default;
};
struct Redirect {
  int status = 302;
  std::string protocol = "#{protocol}", host = "#{host}", port = "#{port}", path = "/#{path}",
              query = "#{query}";
  bool operator==(const Redirect&) const = default;
};
struct FixedResponse {
  int status = 503;
  std::string content_type = "text/plain", body;
  bool operator==(const FixedResponse&) const = default;
};
using Action = std::variant<Forward, Redirect, FixedResponse>;

// --- rules
enum class Field { kHostHeader, kPathPattern, kHttpHeader, kMethod, kQueryString, kSourceIp };

struct QueryPattern {
  std::string key;  // "" = any key
  std::string value;
  bool operator==(const QueryPattern&) const = default;
};
// It holds when one of its values matches.
struct Condition {
  Field field = Field::kPathPattern;
  std::string header;               // the name, of kHttpHeader
  std::vector<std::string> values;  // patterns, methods or blocks of addresses
  std::vector<QueryPattern> query;  // of kQueryString
  std::vector<sg::Cidr> sources;    // `values` as blocks, of kSourceIp
};
struct Rule {
  int priority = 1;
  uint16_t listener_port = 0;         // 0 = of the first listener
  std::vector<Condition> conditions;  // all must hold
  Action action;
};

struct Listener {
  uint16_t port = 0;  // 0 = the port of the node
  Action action;      // when no rule matches
};

struct Document {
  LoadBalancerAttributes attributes;
  std::vector<TargetGroup> groups;  // the group "web" is the first
  std::vector<Listener> listeners;  // the node's own is the first
  std::vector<Rule> rules;          // by listener, then by priority

  [[nodiscard]] const TargetGroup* group(std::string_view name) const;
};

// This document holds where no other is given: the web tier is behind the node's port.
Document default_document(TargetGroup web);

}  // namespace multiaz::elb
