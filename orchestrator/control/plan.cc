#include "orchestrator/control/plan.h"

#include "base/core/check.h"

namespace multiaz::orchestrator {

namespace {

// The last octet of instance k (1, 2, ...) of a tier in its zone is base + k.
constexpr int kLbBase = 10;
constexpr int kWebBase = 20;
constexpr int kDbBase = 50;
constexpr int kCacheBase = 60;

constexpr uint64_t kFastSilenceMs = 700;
constexpr uint64_t kFastReplaceHungMs = 5000;
constexpr uint64_t kAwsSilenceMs = 10000;      // one missed fast health check
constexpr uint64_t kAwsReplaceHungMs = 60000;  // 30 s x 2, as an ALB target group

class Builder {
 public:
  Builder(const Config& config, int octet) : config_(config) {
    plan_.name = config.name;
    plan_.octet = octet;
    plan_.profile = config.profile;
    plan_.bug = config.bug;
    const bool fast = config.profile == "fast";
    plan_.silence_ms = fast ? kFastSilenceMs : kAwsSilenceMs;
    plan_.replace_hung_after_ms = fast ? kFastReplaceHungMs : kAwsReplaceHungMs;
    if (config.silence_ms) plan_.silence_ms = static_cast<uint64_t>(config.silence_ms);
    if (config.replace_hung_after_ms) {
      plan_.replace_hung_after_ms = static_cast<uint64_t>(config.replace_hung_after_ms);
    }
    for (int z = 0; z < config.zones; ++z) plan_.zones.push_back(zone_name(z));
  }

  Plan build() {
    endpoints();
    load_balancers();
    webs();
    caches();
    databases();
    return std::move(plan_);
  }

 private:
  static std::string zone_name(int zone) {
    return std::string("az-") + static_cast<char>('a' + zone);
  }
  [[nodiscard]] std::string address(int zone, int last) const {
    return "127." + std::to_string(plan_.octet) + "." + std::to_string(zone) + "." +
           std::to_string(last);
  }
  [[nodiscard]] std::string url(const std::string& scheme, const std::string& user,
                                const char* endpoint, const std::string& path) const {
    const PlannedEndpoint* at = plan_.endpoint(endpoint);
    CHECK(at);
    return scheme + "://" + user + "@" + at->address + ":" + std::to_string(at->port) + path;
  }

  void endpoint(std::string name, int last, int64_t port) {
    plan_.endpoints.push_back(
        {std::move(name), address(0, last), static_cast<uint16_t>(port), false});
  }

  void endpoints() {
    endpoint("shop", 1, config_.lb_port);
    PlannedEndpoint local{"shop_local", "127.0.0.1", static_cast<uint16_t>(config_.lb_port), true};
    if (!config_.shop_address.empty()) {
      const size_t colon = config_.shop_address.rfind(':');
      local.address = config_.shop_address.substr(0, colon);
      local.port = static_cast<uint16_t>(std::stoi(config_.shop_address.substr(colon + 1)));
      local.optional = false;
    }
    plan_.endpoints.push_back(local);
    endpoint("api", 2, config_.api_port);
    endpoint("control", 2, config_.control_port);
    endpoint("db", 5, config_.db_port);
    endpoint("cache", 6, config_.cache_port);
    endpoint("cache_reader", 7, config_.cache_port);
    endpoint("db_reader", 8, config_.db_port);
  }

  // The next instance of a tier in a zone (0 = az-a).
  PlannedInstance& add(const std::string& tier, int zone, int base, int64_t port,
                       const std::string& program) {
    const int k = ++count_[tier + std::to_string(zone)];
    PlannedInstance one;
    one.id = tier + "-" + static_cast<char>('a' + zone) + std::to_string(k);
    one.tier = tier;
    one.zone = zone_name(zone);
    one.address = address(zone + 1, base + k);
    one.port = static_cast<uint16_t>(port);
    one.program = program;
    one.flags = {"--port", std::to_string(port), "--profile", config_.profile};
    plan_.instances.push_back(std::move(one));
    return plan_.instances.back();
  }

  [[nodiscard]] int zone_of(int64_t index) const { return static_cast<int>(index % config_.zones); }

  void load_balancers() {
    for (int64_t i = 0; i < config_.zones * config_.lb_per_zone; ++i) {
      PlannedInstance& lb = add("lb", zone_of(i), kLbBase, config_.lb_port, "lb");
      lb.listen = {"shop", "shop_local"};
      lb.secrets = {"cookie_key"};
    }
  }

  void webs() {
    for (int64_t i = 0; i < config_.web_count; ++i) {
      PlannedInstance& web = add("web", zone_of(i), kWebBase, config_.web_port, "webnode");
      web.secrets = {"cache_password", "db_password", "cookie_key"};
      // ${...}: filled in at the start of the process; a plan holds no secrets.
      web.env["CACHE_URL"] = url("redis", ":${cache_password}", "cache", "");
      web.env["DATABASE_URL"] = url("postgresql", "shop:${db_password}", "db", "/shop");
      if (config_.db_replicas > 0) {  // a standby serves no reads, as in RDS
        web.env["DATABASE_REPLICA_URL"] =
            url("postgresql", "shop:${db_password}", "db_reader", "/shop");
      }
    }
  }

  void add_member(PlannedGroup& group, int zone, int base, int64_t port, const std::string& program,
                  bool candidate, const std::vector<std::string>& flags = {}) {
    PlannedInstance& one = add(group.name, zone, base, port, program);
    one.flags.insert(one.flags.end(), flags.begin(), flags.end());
    if (config_.bug != "none") one.flags.insert(one.flags.end(), {"--bug", config_.bug});
    one.listen = {group.name, group.name + "_reader"};
    one.secrets = {group.name + "_password"};
    one.keeps_data = group.durability != "memory";
    group.members.push_back({one.id, one.zone, candidate});
  }

  void caches() {
    PlannedGroup group{"cache", {}, config_.cache_durability};
    for (int64_t i = 0; i < config_.cache_count; ++i) {
      add_member(group, zone_of(i), kCacheBase, config_.cache_port, "cachenode", true,
                 {"--durability", config_.cache_durability, "--maxmemory-mb",
                  std::to_string(config_.cache_memory_mb)});
    }
    plan_.groups.push_back(std::move(group));
  }

  // Primary, standby and replicas each in the next zone.
  void databases() {
    PlannedGroup group{"db", {}, config_.db_durability};
    const int64_t candidates = config_.db_standby ? 2 : 1;
    for (int64_t i = 0; i < candidates + config_.db_replicas; ++i) {
      add_member(group, zone_of(i), kDbBase, config_.db_port, "dbnode", i < candidates,
                 {"--size-limit", std::to_string(config_.db_size_mb)});
    }
    plan_.groups.push_back(std::move(group));
  }

  const Config& config_;
  Plan plan_;
  std::map<std::string, int> count_;
};

template <typename T>
const T* find_by(const std::vector<T>& all, const std::string& wanted, std::string T::*field) {
  for (const T& one : all) {
    if (one.*field == wanted) return &one;
  }
  return nullptr;
}

}  // namespace

Plan build_plan(const Config& config, int octet) {
  return Builder(config, octet).build();
}

const PlannedInstance* Plan::instance(const std::string& id) const {
  return find_by(instances, id, &PlannedInstance::id);
}
const PlannedEndpoint* Plan::endpoint(const std::string& wanted) const {
  return find_by(endpoints, wanted, &PlannedEndpoint::name);
}
const PlannedGroup* Plan::group(const std::string& wanted) const {
  return find_by(groups, wanted, &PlannedGroup::name);
}

}  // namespace multiaz::orchestrator
