// A hosted zone as values: record sets with Route 53's routing policies, and health checks.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::dns {

enum class Policy { kSimple, kWeighted, kFailover, kLatency, kMultivalue };
std::string_view to_string(Policy policy);  // "simple", ...

constexpr size_t kMultivalueMax = 8;  // most records in an answer
constexpr uint32_t kWeightMax = 255;
constexpr size_t kRecordSetsMax = 10'000;
constexpr size_t kValuesMax = 100;  // bound for one record set
constexpr uint32_t kTtlMaxS = 604'800;

struct RecordSet {
  std::string name;  // "shop.multiaz.test"; a first label "*" stands for any one name
  uint16_t type = 1;
  uint32_t ttl_s = 60;
  // Addresses, host names or texts, depending on the type; empty for an alias.
  std::vector<std::string> values;
  std::string alias;  // a name of this zone whose answer is given instead ("" for no alias)
  bool evaluate_target_health = true;  // for an alias
  Policy policy = Policy::kSimple;
  std::string set_identifier;  // not used by simple record sets
  uint32_t weight = 0;         // kWeighted
  bool primary = true;         // kFailover
  std::string zone;            // kLatency: "az-a"
  std::string health_check;    // the id; "" counts as always healthy
  bool operator==(const RecordSet&) const = default;
};

struct HealthCheck {
  std::string id;
  std::string type = "HTTP";  // or "TCP"
  std::string address;        // "127.20.1.11"
  uint16_t port = 80;
  std::string path = "/";
  uint64_t interval_ms = 30'000;
  uint64_t timeout_ms = 4'000;
  unsigned failure_threshold = 3;  // as many passes make it healthy again
  bool inverted = false, disabled = false;
  bool operator==(const HealthCheck&) const = default;
};

struct Zone {
  std::string origin;       // "multiaz.test"
  std::string name_server;  // "ns1.multiaz.test"
  uint32_t serial = 1;
  uint32_t negative_ttl_s = 5;                  // SOA minimum
  std::vector<std::string> availability_zones;  // in order, for latency routing
  std::vector<RecordSet> records;
  std::vector<HealthCheck> checks;
  bool operator==(const Zone&) const = default;
};

// "A", "AAAA", ... in both directions. kInvalid names the known types.
Result<uint16_t> type_from(std::string_view word);
std::string type_text(uint16_t type);

// Whether this record set is valid by itself and beside the others of its name. kInvalid says what
// is allowed.
Status check_record(const RecordSet& record, const Zone& zone);

std::string zone_to_json(const Zone& zone);
Result<Zone> zone_from_json(const std::string& text);
// The record sets and health checks that users have added, as the orchestrator stores and sends
// them.
struct Additions {
  std::vector<RecordSet> records;
  std::vector<HealthCheck> checks;
};
nlohmann::ordered_json additions_json(const Additions& additions);
std::string additions_to_json(const Additions& additions);
Result<Additions> additions_from_json(const std::string& text);

}  // namespace multiaz::dns
