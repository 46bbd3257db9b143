#include "orchestrator/sg/security.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/address.h"
#include "base/rt/fabric.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint16_t kReplicationPort = 7946;
constexpr const char* kAnybody = "0.0.0.0/0";
constexpr const char* kYou = "127.0.0.1/32";  // clients on this machine that bind no address
constexpr const char* kTiers[] = {"lb", "web", "cache", "db", "dns", "awsapi"};

std::string to_json(const std::vector<sg::Rule>& rules) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const sg::Rule& one : rules) {
    out.push_back({{"group", one.group},
                   {"port_low", one.port_low},
                   {"port_high", one.port_high},
                   {"source", one.source},
                   {"why", one.why}});
  }
  return jsonio::dump(out);
}

Result<std::vector<sg::Rule>> from_json(const std::string& text) {
  const auto parsed = jsonio::parse(text);
  if (!parsed) return Error(Code::kCorrupt, "security groups: " + parsed.error().detail);
  if (!parsed->is_array()) return Error(Code::kCorrupt, "security groups: this is no JSON array");
  std::vector<sg::Rule> out;
  for (const nlohmann::json& item : *parsed) {
    sg::Rule one;
    jsonio::Fields<nlohmann::json> in(item);
    in.need("group", one.group).need("port_low", one.port_low).need("port_high", one.port_high);
    in.need("source", one.source).need("why", one.why);
    if (!in.ok()) return Error(Code::kCorrupt, "security groups: " + in.error().detail);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

std::vector<sg::Rule> default_rules(const Plan& plan) {
  std::vector<sg::Rule> out;
  const auto open = [&](const char* group, uint16_t port, const char* source, const char* why) {
    out.push_back({group, port, port, source, why});
  };
  const auto port_of = [&](const char* endpoint) {
    const PlannedEndpoint* found = plan.endpoint(endpoint);
    return found ? found->port : uint16_t{0};
  };
  open("sg-lb", port_of("shop"), kAnybody, "the internet");
  const PlannedEndpoint* local = plan.endpoint("shop_local");
  if (local && local->port != port_of("shop")) open("sg-lb", local->port, kAnybody, "the internet");
  for (const PlannedEndpoint& one : plan.endpoints) {
    const bool listener = one.name.starts_with("shop_") && one.name != "shop_local";
    const char* what = one.name == "shop_https" ? "the internet, HTTPS" : "a listener";
    if (listener) open("sg-lb", one.port, kAnybody, what);
  }
  open("sg-web", plan.asg.port, "sg-lb", "requests and health checks");
  open("sg-cache", port_of("cache"), "sg-web", "sessions and carts");
  open("sg-cache", port_of("cache"), kYou, "redis-cli on this machine");
  open("sg-cache", kReplicationPort, "sg-cache", "replication");
  open("sg-db", port_of("db"), "sg-web", "accounts and orders");
  open("sg-db", port_of("db"), kYou, "psql on this machine");
  open("sg-db", kReplicationPort, "sg-db", "replication");
  if (const PlannedInstance* awsapi = plan.instance("awsapi-1")) {
    open("sg-awsapi", awsapi->port, "sg-web", "sessions in a table");
    open("sg-awsapi", awsapi->port, kYou, "aws on this machine");
    open("sg-db", port_of("db"), "sg-awsapi", "tables");
  }
  if (const PlannedInstance* dns = plan.instance("dns-1")) {
    open("sg-dns", dns->port, kAnybody, "resolvers");
  }
  return out;
}

Status Security::load() {
  const auto text = store_.meta("security");
  if (!text) return text.error();
  if (text->empty()) {
    rules_ = default_rules(cluster_.plan());
  } else {
    auto stored = from_json(*text);
    if (!stored) return stored.error();
    rules_ = std::move(*stored);
  }
  tell();
  return Status();
}

void Security::tell() {
  cluster_.order([&](ControlPlane& plane) {
    plane.context.state.security = rules_;
    plane.context.topology_changed();
  });
}

Status Security::publish() {
  const Status saved = store_.set_meta("security", to_json(rules_));
  if (saved) tell();
  return saved;
}

std::vector<std::string> Security::groups() const {
  std::vector<std::string> out;
  for (const char* tier : kTiers) out.push_back(sg::group_of_tier(tier));
  return out;
}

Status Security::authorize(sg::Rule rule) {
  const Status good = sg::check_rule(rule, groups());
  if (!good) return good;
  const auto same = [&](const sg::Rule& one) { return one.same_door(rule); };
  if (std::any_of(rules_.begin(), rules_.end(), same)) {
    return Error(Code::kConflict, "InvalidPermission.Duplicate: " + sg::text_of(rule));
  }
  const auto mine = [&](const sg::Rule& one) { return one.group == rule.group; };
  if (std::count_if(rules_.begin(), rules_.end(), mine) >=
      static_cast<std::ptrdiff_t>(sg::kRulesPerGroupMax)) {
    return Error(Code::kLimit, "a group has at most 60 rules");
  }
  cluster_.event("api", "sg", rule.group, "authorized " + sg::text_of(rule));
  rules_.push_back(std::move(rule));
  return publish();
}

Status Security::revoke(const sg::Rule& rule) {
  if (std::erase_if(rules_, [&](const sg::Rule& one) { return one.same_door(rule); }) == 0) {
    return Error(Code::kNotFound, "InvalidPermission.NotFound: " + sg::text_of(rule));
  }
  cluster_.event("api", "sg", rule.group, "revoked " + sg::text_of(rule));
  return publish();
}

std::vector<sg::Member> Security::members() const {
  std::vector<sg::Member> out;
  for (const auto& [id, one] : cluster_.instances()) {
    const auto address = rt::parse_address(one.address);
    if (address) out.push_back({id, sg::group_of_tier(one.tier), address->ip});
  }
  return out;
}

Result<sg::Verdict> Security::check(const std::string& from, const std::string& to,
                                    uint16_t port) const {
  const std::vector<sg::Member> all = members();
  // A tier stands for any of its instances, because rules apply to whole groups.
  const auto find = [&](const std::string& word) -> const sg::Member* {
    for (const sg::Member& one : all) {
      if (one.id == word || one.group == word || one.group == sg::group_of_tier(word)) return &one;
    }
    return nullptr;
  };
  const sg::Member* target = find(to);
  if (!target) {
    return Error(Code::kInvalid, "unknown target '" + to +
                                     "': it is an instance (cache-a1), a tier (cache) or a group");
  }
  uint32_t ip = 0;
  if (const sg::Member* source = find(from)) {
    ip = source->ip;
  } else if (from != "internet") {
    const auto block = sg::parse_cidr(from);
    if (!block || block->mask != 0xffffffff) {
      return Error(Code::kInvalid, "unknown source '" + from +
                                       "': it is an instance, a tier, an address or internet");
    }
    ip = block->ip;
  } else {
    ip = 0xcb007101;  // 203.0.113.1, from the block for documentation
  }
  return sg::judge(rules_, all, ip, target->group, port);
}

}  // namespace multiaz::orchestrator
