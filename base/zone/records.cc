#include "base/zone/records.h"

#include <arpa/inet.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/wire/dns.h"

namespace multiaz::dns {

namespace {

using Json = nlohmann::ordered_json;
using In = jsonio::Fields<Json>;
namespace wd = wire::dns;

struct NamedType {
  std::string_view word;
  uint16_t type;
};
constexpr NamedType kTypes[] = {
    {"A", wd::kA}, {"AAAA", wd::kAaaa}, {"CNAME", wd::kCname}, {"TXT", wd::kTxt}, {"NS", wd::kNs}};
constexpr Policy kPolicies[] = {Policy::kSimple, Policy::kWeighted, Policy::kFailover,
                                Policy::kLatency, Policy::kMultivalue};

Error bad(const RecordSet& record, const std::string& text) {
  return Error(Code::kInvalid, record.name + " " + type_text(record.type) + ": " + text);
}

bool is_label_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Whether it has labels of 1-63 letters, digits, '-' or '_'; the first may be "*".
bool is_host_name(std::string_view name, bool wildcard) {
  if (name.empty() || name.size() > 253) return false;
  if (wildcard && name.starts_with("*.")) name.remove_prefix(2);
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty() || label.size() > 63) return false;
    if (!std::all_of(label.begin(), label.end(), is_label_char)) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

Status check_value(const RecordSet& record, const std::string& value) {
  char bytes[16];
  if (record.type == wd::kA && inet_pton(AF_INET, value.c_str(), bytes) != 1) {
    return bad(record, "'" + value + "' is not an IPv4 address");
  }
  if (record.type == wd::kAaaa && inet_pton(AF_INET6, value.c_str(), bytes) != 1) {
    return bad(record, "'" + value + "' is not an IPv6 address");
  }
  if ((record.type == wd::kCname || record.type == wd::kNs) && !is_host_name(value, false)) {
    return bad(record, "'" + value + "' is not a host name");
  }
  if (value.size() > 4000) return bad(record, "a value has at most 4000 characters");
  return Status();
}

Status check_policy(const RecordSet& record, const Zone& zone) {
  if (record.policy == Policy::kSimple) return Status();
  if (record.set_identifier.empty()) return bad(record, "this policy needs a set identifier");
  if (record.weight > kWeightMax) return bad(record, "a weight lies in 0-255");
  if (record.policy == Policy::kLatency &&
      std::find(zone.availability_zones.begin(), zone.availability_zones.end(), record.zone) ==
          zone.availability_zones.end()) {
    std::string all;
    for (const std::string& one : zone.availability_zones) all += " " + one;
    return bad(record, "'" + record.zone + "' is no zone; the zones are" + all);
  }
  return Status();
}

// Checks the record set against the others of its name.
Status check_neighbours(const RecordSet& record, const Zone& zone) {
  int alike = 0;
  for (const RecordSet& other : zone.records) {
    if (!wd::same_name(other.name, record.name)) continue;
    if ((other.type == wd::kCname) != (record.type == wd::kCname)) {
      return bad(record, "a CNAME stands alone at its name");
    }
    if (other.type != record.type) continue;
    if (other.policy != record.policy) {
      return bad(record, "the others of this name and type have the policy " +
                             std::string(to_string(other.policy)));
    }
    if (other.set_identifier == record.set_identifier) continue;  // this one will be replaced
    ++alike;
    if (record.policy == Policy::kFailover && other.primary == record.primary) {
      return bad(record, std::string("there is a ") + (record.primary ? "primary" : "secondary") +
                             " already: " + other.set_identifier);
    }
  }
  return alike < 100 ? Status() : bad(record, "100 record sets of a name are the most");
}

Json to_json(const RecordSet& one) {
  Json out;
  out["name"] = one.name;
  out["type"] = type_text(one.type);
  out["ttl_s"] = one.ttl_s;
  if (one.alias.empty()) {
    out["values"] = one.values;
  } else {
    out["alias"] = one.alias;
    out["evaluate_target_health"] = one.evaluate_target_health;
  }
  out["policy"] = to_string(one.policy);
  if (one.policy != Policy::kSimple) out["set_identifier"] = one.set_identifier;
  if (one.policy == Policy::kWeighted) out["weight"] = one.weight;
  if (one.policy == Policy::kFailover) out["failover"] = one.primary ? "PRIMARY" : "SECONDARY";
  if (one.policy == Policy::kLatency) out["zone"] = one.zone;
  if (!one.health_check.empty()) out["health_check"] = one.health_check;
  return out;
}

Result<RecordSet> record_from(const Json& from) {
  RecordSet out;
  std::string type_word = "A", policy_word = "simple", failover = "PRIMARY";
  In in(from);
  in.may("name", out.name).may("type", type_word).may("ttl_s", out.ttl_s);
  in.may("values", out.values).may("alias", out.alias);
  in.may("evaluate_target_health", out.evaluate_target_health).may("policy", policy_word);
  in.may("set_identifier", out.set_identifier).may("weight", out.weight);
  in.may("failover", failover).may("zone", out.zone).may("health_check", out.health_check);
  if (!in.ok()) return in.error();
  const auto type = type_from(type_word);
  if (!type) return type.error();
  out.type = *type;
  const auto policy = std::find_if(std::begin(kPolicies), std::end(kPolicies),
                                   [&](const Policy one) { return to_string(one) == policy_word; });
  if (policy == std::end(kPolicies)) {
    return Error(Code::kInvalid,
                 "\"policy\" is one of simple, weighted, failover, latency, multivalue, not '" +
                     policy_word + "'");
  }
  out.policy = *policy;
  if (failover != "PRIMARY" && failover != "SECONDARY") {
    return Error(Code::kInvalid, "\"failover\" is PRIMARY or SECONDARY, not '" + failover + "'");
  }
  out.primary = failover == "PRIMARY";
  return out;
}

Json to_json(const HealthCheck& one) {
  Json out;
  out["id"] = one.id;
  out["type"] = one.type;
  out["address"] = one.address;
  out["port"] = one.port;
  out["path"] = one.path;
  out["interval_ms"] = one.interval_ms;
  out["timeout_ms"] = one.timeout_ms;
  out["failure_threshold"] = one.failure_threshold;
  out["inverted"] = one.inverted;
  out["disabled"] = one.disabled;
  return out;
}

Result<HealthCheck> check_from(const Json& from) {
  HealthCheck out;
  In in(from);
  in.may("id", out.id).may("type", out.type).may("address", out.address).may("port", out.port);
  in.may("path", out.path).may("interval_ms", out.interval_ms).may("timeout_ms", out.timeout_ms);
  in.may("failure_threshold", out.failure_threshold).may("inverted", out.inverted);
  in.may("disabled", out.disabled);
  if (!in.ok()) return in.error();
  char bytes[4];
  if (out.id.empty()) return Error(Code::kInvalid, "a health check needs an id");
  if (out.type != "HTTP" && out.type != "TCP") {
    return Error(Code::kInvalid, out.id + ": \"type\" is HTTP or TCP, not '" + out.type + "'");
  }
  if (inet_pton(AF_INET, out.address.c_str(), bytes) != 1) {
    return Error(Code::kInvalid, out.id + ": '" + out.address + "' is not an IPv4 address");
  }
  if (out.failure_threshold < 1 || out.failure_threshold > 10) {
    return Error(Code::kInvalid, out.id + ": \"failure_threshold\" lies in 1-10");
  }
  if (out.interval_ms < 50 || out.timeout_ms < 10) {
    return Error(Code::kInvalid, out.id + ": interval_ms is 50 or more, timeout_ms 10 or more");
  }
  return out;
}

template <typename T>
Status read_list(In& in, const char* key, Result<T> (*read)(const Json&), std::vector<T>& into) {
  for (const Json* item : in.may_items(key)) {
    auto one = read(*item);
    if (!one) return one.error();
    into.push_back(std::move(*one));
  }
  return in.status();
}

template <typename T>
Json list_of(const std::vector<T>& all) {
  Json out = Json::array();
  for (const T& one : all) out.push_back(to_json(one));
  return out;
}

}  // namespace

std::string_view to_string(Policy policy) {
  switch (policy) {
    case Policy::kSimple: return "simple";
    case Policy::kWeighted: return "weighted";
    case Policy::kFailover: return "failover";
    case Policy::kLatency: return "latency";
    case Policy::kMultivalue: return "multivalue";
  }
  return "?";
}

Result<uint16_t> type_from(std::string_view word) {
  for (const NamedType& one : kTypes) {
    if (one.word == word) return one.type;
  }
  return Error(Code::kInvalid,
               "\"type\" is one of A, AAAA, CNAME, TXT, NS, not '" + std::string(word) + "'");
}

std::string type_text(uint16_t type) {
  for (const NamedType& one : kTypes) {
    if (one.type == type) return std::string(one.word);
  }
  return "TYPE" + std::to_string(type);
}

Status check_record(const RecordSet& record, const Zone& zone) {
  if (!is_host_name(record.name, true) || !wd::is_below(record.name, zone.origin)) {
    return bad(record, "the name is one of " + zone.origin + " or below it");
  }
  if (record.type == wd::kCname && wd::same_name(record.name, zone.origin)) {
    return bad(record, "the zone's own name cannot be a CNAME");
  }
  if (record.ttl_s > kTtlMaxS) return bad(record, "a TTL is at most 604800 seconds");
  if (record.alias.empty() == record.values.empty()) {
    return bad(record, "it has either values or an alias");
  }
  if (!record.alias.empty() && !wd::is_below(record.alias, zone.origin)) {
    return bad(record, "the alias is a name below " + zone.origin);
  }
  if (record.values.size() > kValuesMax) return bad(record, "100 values are the most");
  if (record.type == wd::kCname && record.values.size() > 1) {
    return bad(record, "a CNAME has one value");
  }
  for (const std::string& value : record.values) {
    const Status good = check_value(record, value);
    if (!good) return good;
  }
  const Status policy = check_policy(record, zone);
  return policy ? check_neighbours(record, zone) : policy;
}

std::string zone_to_json(const Zone& zone) {
  Json out;
  out["origin"] = zone.origin;
  out["name_server"] = zone.name_server;
  out["serial"] = zone.serial;
  out["negative_ttl_s"] = zone.negative_ttl_s;
  out["availability_zones"] = zone.availability_zones;
  out["records"] = list_of(zone.records);
  out["checks"] = list_of(zone.checks);
  return jsonio::dump(out);
}

Result<Zone> zone_from_json(const std::string& text) {
  const auto parsed = jsonio::parse_object<Json>(text);
  if (!parsed) return Error(Code::kCorrupt, "zone: " + parsed.error().detail);
  Zone out;
  In in(*parsed);
  in.need("origin", out.origin).need("name_server", out.name_server).need("serial", out.serial);
  in.need("negative_ttl_s", out.negative_ttl_s);
  in.need("availability_zones", out.availability_zones);
  Status done = in.status();
  if (done) done = read_list(in, "records", record_from, out.records);
  if (done) done = read_list(in, "checks", check_from, out.checks);
  if (!done) return Error(Code::kCorrupt, "zone: " + done.error().detail);
  return out;
}

nlohmann::ordered_json additions_json(const Additions& additions) {
  Json out;
  out["records"] = list_of(additions.records);
  out["checks"] = list_of(additions.checks);
  return out;
}

std::string additions_to_json(const Additions& additions) {
  return jsonio::dump(additions_json(additions));
}

Result<Additions> additions_from_json(const std::string& text) {
  const auto parsed = jsonio::parse_object<Json>(text);
  if (!parsed) return Error(Code::kInvalid, "records: " + parsed.error().detail);
  Additions out;
  In in(*parsed);
  Status done = read_list(in, "records", record_from, out.records);
  if (done) done = read_list(in, "checks", check_from, out.checks);
  if (!done) return done.error();
  return out;
}

}  // namespace multiaz::dns
