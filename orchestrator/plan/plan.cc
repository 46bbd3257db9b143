#include "orchestrator/plan/plan.h"

#include "base/core/check.h"
#include "orchestrator/plan/balancer.h"

namespace multiaz::orchestrator {

namespace {

// The last octet of instance k (1, 2, ...) of a tier in its zone is base + k.
constexpr int kAwsApiLast = 9;  // the whole last octet: there is one instance
constexpr int kDnsLast = 3;     // likewise; it is among the endpoints
constexpr int kLbBase = 10;
constexpr int kWebBase = 20;
constexpr int kDbBase = 50;
constexpr int kCacheBase = 60;
constexpr int kMembersPerZoneMax = 9;

constexpr uint64_t kFastSilenceMs = 700;
constexpr uint64_t kFastReplaceHungMs = 5000;
constexpr uint64_t kAwsSilenceMs = 10000;      // one missed health check at AWS's fast interval
constexpr uint64_t kAwsReplaceHungMs = 60000;  // 30 s x 2, as for the targets of an ALB
constexpr uint64_t kFastReplaceUnhealthyMs = 1500;
constexpr uint64_t kAwsReplaceUnhealthyMs = 30'000;
constexpr uint64_t kFastWarmupMs = 1000;
constexpr uint64_t kAwsWarmupMs = 300'000;
constexpr uint64_t kFastGraceMs = 2000;
constexpr uint64_t kAwsGraceMs = 300'000;

std::string zone_name(int zone) {
  return std::string("az-") + static_cast<char>('a' + zone);
}

// Zone 0 holds the endpoints.
std::string instance_address(int octet, int zone, int last) {
  return "127." + std::to_string(octet) + "." + std::to_string(zone) + "." + std::to_string(last);
}

class Builder {
 public:
  Builder(const Config& config, int octet) : config_(config) {
    plan_.name = config.name;
    plan_.octet = octet;
    plan_.profile = config.profile;
    plan_.bug = config.bug;
    plan_.autoshift = config.autoshift;
    if (config.latency == "same-region") plan_.zone_latency_ms = plan_.zone_jitter_ms = 1;
    const bool fast = config.profile == "fast";
    plan_.silence_ms = fast ? kFastSilenceMs : kAwsSilenceMs;
    plan_.replace_hung_after_ms = fast ? kFastReplaceHungMs : kAwsReplaceHungMs;
    if (config.silence_ms) plan_.silence_ms = static_cast<uint64_t>(config.silence_ms);
    if (config.replace_hung_after_ms) {
      plan_.replace_hung_after_ms = static_cast<uint64_t>(config.replace_hung_after_ms);
    }
    const std::tuple<const char*, int64_t, int64_t> limits[] = {
        {"lb", config.lb_cpu_percent, config.lb_memory_max_mb},
        {"web", config.web_cpu_percent, config.web_memory_max_mb},
        {"cache", config.cache_cpu_percent, config.cache_memory_max_mb},
        {"db", config.db_cpu_percent, config.db_memory_max_mb}};
    for (const auto& [tier, cpu_percent, memory_mb] : limits) {
      if (cpu_percent == 0 && memory_mb == 0) continue;
      plan_.limits[tier] = {static_cast<uint64_t>(cpu_percent), static_cast<uint64_t>(memory_mb)};
    }
    for (int z = 0; z < config.zones; ++z) plan_.zones.push_back(zone_name(z));
  }

  Plan build() {
    endpoints();
    load_balancers();
    webs();
    caches();
    databases();
    name_server();
    aws_apis();
    plan_balancer(config_, plan_);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] std::string address(int zone, int last) const {
    return instance_address(plan_.octet, zone, last);
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
    if (config_.lb_https_port != 0) {
      endpoint("shop_https", 1, config_.lb_https_port);
      plan_.endpoints.push_back(
          {"shop_https_local", "127.0.0.1", static_cast<uint16_t>(config_.lb_https_port), true});
    }
    endpoint("api", 2, config_.api_port);
    endpoint("control", 2, config_.control_port);
    endpoint("db", 5, config_.db_port);
    endpoint("cache", 6, config_.cache_port);
    endpoint("cache_reader", 7, config_.cache_port);
    endpoint("db_reader", 8, config_.db_port);
  }

  // Adds the next instance of a tier in a zone (0 = az-a).
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
      if (config_.web_health_path != "/health") {
        lb.flags.insert(lb.flags.end(), {"--health-path", config_.web_health_path});
      }
      if (!config_.lb_retries) lb.flags.insert(lb.flags.end(), {"--retries", "off"});
      if (!config_.lb_stickiness) lb.flags.insert(lb.flags.end(), {"--stickiness", "off"});
      if (config_.lb_bug != "none") lb.flags.insert(lb.flags.end(), {"--bug", config_.lb_bug});
      lb.secrets = {"cookie_key"};
      if (config_.lb_https_port == 0) continue;
      lb.listen.insert(lb.listen.end(), {"shop_https", "shop_https_local"});
      lb.flags.insert(lb.flags.end(), {"--https-port", std::to_string(config_.lb_https_port)});
      add_certificate(lb);
    }
  }

  // Each tier has a certificate and a key of its own, so no web instance knows any.
  static void add_certificate(PlannedInstance& one) {
    one.secrets.insert(one.secrets.end(), {one.tier + "_certificate", one.tier + "_key"});
  }

  void asg() {
    const bool fast = config_.profile == "fast";
    const auto by_profile = [&](int64_t set, uint64_t quick, uint64_t aws) {
      return set ? static_cast<uint64_t>(set) : fast ? quick : aws;
    };
    PlannedAsg& group = plan_.asg;
    group.tier = "web";
    group.port = static_cast<uint16_t>(config_.web_port);
    group.min = config_.web_min;
    group.desired = config_.web_count;
    group.max = config_.web_max ? config_.web_max : kWebPerZoneMax * config_.zones;
    group.target_cpu_percent = config_.web_target_cpu_percent;
    group.target_requests_per_s = config_.web_target_requests_per_s;
    group.warmup_ms = by_profile(config_.web_warmup_ms, kFastWarmupMs, kAwsWarmupMs);
    group.grace_ms = by_profile(config_.web_grace_ms, kFastGraceMs, kAwsGraceMs);
    group.replace_unhealthy_after_ms = fast ? kFastReplaceUnhealthyMs : kAwsReplaceUnhealthyMs;
    group.templates = {web_template()};
  }

  [[nodiscard]] LaunchTemplate web_template() const {
    LaunchTemplate web;
    web.program = "webnode";
    web.flags = {"--port", std::to_string(config_.web_port), "--profile", config_.profile};
    web.secrets = {"cache_password", "db_password", "cookie_key"};
    if (!config_.web_command.empty()) {
      web.program = config_.web_command.front();
      web.flags.assign(config_.web_command.begin() + 1, config_.web_command.end());
      web.secrets = {"cookie_key"};
      web.foreign = true;
      web.cwd = config_.folder;
    }
    // A ${...} is replaced when the process starts, because a plan holds no secrets.
    if (config_.cache_count > 0) {
      const bool tls = config_.cache_tls == "on";
      web.env["CACHE_URL"] = url(tls ? "rediss" : "redis", "default:${cache_password}", "cache",
                                 tls ? "?ssl_ca_certs=${ca_file}" : "");
    }
    if (has_aws_apis()) {
      web.env["AWS_ENDPOINT_URL"] =
          "http://" + address(0, kAwsApiLast) + ":" + std::to_string(config_.awsapi_port);
      web.secrets.push_back("aws_secret");
    }
    web.env["SESSION_STORE"] = config_.web_sessions;
    web.env["CACHE_STRATEGY"] = config_.web_cache_strategy;
    web.env["CACHE_TTL_MS"] = std::to_string(config_.web_cache_ttl_ms);
    if (config_.web_bug != "none" && config_.web_command.empty()) {
      web.flags.insert(web.flags.end(), {"--bug", config_.web_bug});
    }
    database_urls(web.env);
    return web;
  }

  void database_urls(std::map<std::string, std::string>& env) const {
    const std::string path =
        config_.db_force_ssl ? "/shop?sslmode=verify-full&sslrootcert=${ca_file}" : "/shop";
    env["DATABASE_URL"] = url("postgresql", "shop:${db_password}", "db", path);
    if (config_.db_replicas == 0) return;  // a standby serves no reads, as in RDS
    env["DATABASE_REPLICA_URL"] = url("postgresql", "shop:${db_password}", "db_reader", path);
  }

  void webs() {
    asg();
    for (int64_t i = 0; i < config_.web_count; ++i) {
      auto web = next_instance(plan_, static_cast<size_t>(zone_of(i)), 1);
      CHECK(web.ok());  // check_config made sure that the addresses suffice
      plan_.instances.push_back(std::move(*web));
    }
  }

  void add_member(PlannedGroup& group, int zone, int base, int64_t port, const std::string& program,
                  bool candidate, const std::vector<std::string>& flags = {}) {
    PlannedInstance& one = add(group.name, zone, base, port, program);
    one.flags.insert(one.flags.end(), flags.begin(), flags.end());
    if (config_.bug != "none") one.flags.insert(one.flags.end(), {"--bug", config_.bug});
    one.listen = {group.name, group.name + "_reader"};
    one.secrets = {group.name + "_password"};
    one.keeps_data = group.durability != "memory" || program == "enginenode";
    group.members.push_back({one.id, one.zone, candidate});
  }

  void caches() {
    if (config_.cache_count == 0) return;
    const bool ours = config_.cache_engine == "multiaz";
    // A foreign cache keeps nothing on disk, as in ElastiCache: the data ends with its process.
    PlannedGroup group{
        "cache", {}, ours ? config_.cache_durability : "memory", config_.cache_snapshot};
    std::vector<std::string> flags = {"--maxmemory-mb", std::to_string(config_.cache_memory_mb)};
    if (ours)
      flags.insert(flags.begin(), {"--durability", config_.cache_durability});
    else
      flags.insert(flags.begin(), {"--engine", config_.cache_engine});
    const bool tls = config_.cache_tls == "on";
    if (tls) flags.insert(flags.end(), {"--tls", "on"});
    for (int64_t i = 0; i < config_.cache_count; ++i) {
      add_member(group, zone_of(i), kCacheBase, config_.cache_port,
                 ours ? "cachenode" : "enginenode", true, flags);
      if (tls) add_certificate(plan_.instances.back());
    }
    plan_.groups.push_back(std::move(group));
  }

  // The primary, the standby and the replicas are each in the next zone.
  void databases() {
    const bool ours = config_.db_engine == "multiaz";
    PlannedGroup group{"db", {}, ours ? config_.db_durability : "disk", config_.db_snapshot};
    const int64_t candidates = config_.db_standby ? 2 : 1;
    std::vector<std::string> flags = {"--size-limit", std::to_string(config_.db_size_mb)};
    if (!ours) {
      flags = {"--engine", config_.db_engine, "--durability",
               config_.db_durability == "disk" ? "disk" : "os"};
    }
    if (config_.db_force_ssl) flags.insert(flags.end(), {"--force-ssl", "on"});
    for (int64_t i = 0; i < candidates + config_.db_replicas; ++i) {
      add_member(group, zone_of(i), kDbBase, config_.db_port, ours ? "dbnode" : "enginenode",
                 i < candidates, flags);
      if (ours) add_certificate(plan_.instances.back());
    }
    plan_.groups.push_back(std::move(group));
  }

  // The only instance of a tier that is in no zone.
  [[nodiscard]] PlannedInstance regional(const std::string& tier, int last, int64_t port) const {
    PlannedInstance one;
    one.id = tier + "-1";
    one.tier = tier;
    one.zone = kNoZone;
    one.address = address(0, last);
    one.port = static_cast<uint16_t>(port);
    one.program = tier;
    one.flags = {"--port", std::to_string(port), "--profile", config_.profile};
    return one;
  }

  // Route 53 is in no zone; the name server answers from the last topology that it got.
  void name_server() {
    if (!config_.dns_enabled) return;
    PlannedInstance one = regional("dns", kDnsLast, config_.dns_port);
    std::string zones, endpoints = "dns=" + one.address;
    for (const std::string& zone : plan_.zones) zones += (zones.empty() ? "" : ",") + zone;
    for (const PlannedEndpoint& each : plan_.endpoints) {
      endpoints += "," + each.name + "=" + each.address;
    }
    one.flags.insert(one.flags.end(),
                     {"--cluster-name", config_.name, "--zones", zones, "--endpoints", endpoints});
    one.keeps_data = true;
    plan_.instances.push_back(std::move(one));
  }

  [[nodiscard]] bool has_aws_apis() const {
    return config_.awsapi_enabled || config_.web_sessions == "table";
  }

  // A regional service is in no zone; this one is stateless, because the database has its data.
  void aws_apis() {
    if (!has_aws_apis()) return;
    PlannedInstance one = regional("awsapi", kAwsApiLast, config_.awsapi_port);
    one.secrets = {"aws_secret"};
    database_urls(one.env);
    plan_.instances.push_back(std::move(one));
  }

  const Config& config_;
  Plan plan_;
  std::map<std::string, int> count_;
};

}  // namespace

Plan build_plan(const Config& config, int octet) {
  return Builder(config, octet).build();
}

std::string zone_block(const Plan& plan, size_t zone) {
  return instance_address(plan.octet, static_cast<int>(zone) + 1, 0) + "/24";
}

Result<PlannedInstance> next_instance(const Plan& plan, size_t zone, uint64_t version) {
  const LaunchTemplate* from = plan.asg.launch_template(version);
  CHECK(zone < plan.zones.size());
  if (!from) {
    return Error(Code::kNotFound, "there is no launch template " + std::to_string(version));
  }
  const std::string stem = plan.asg.tier + plan.zones[zone].substr(2);  // "web-a"
  for (int k = 1; k <= kWebPerZoneMax; ++k) {
    PlannedInstance one;
    one.id = stem + std::to_string(k);
    if (plan.instance(one.id)) continue;
    one.tier = plan.asg.tier;
    one.zone = plan.zones[zone];
    one.address = instance_address(plan.octet, static_cast<int>(zone) + 1, kWebBase + k);
    one.port = plan.asg.port;
    one.program = from->program;
    one.foreign = from->foreign;
    one.cwd = from->cwd;
    one.flags = from->flags;
    one.secrets = from->secrets;
    one.env = from->env;
    one.version = version;
    return one;
  }
  return Error(Code::kLimit, plan.zones[zone] + " has no free address for another " +
                                 plan.asg.tier + " instance (it has " +
                                 std::to_string(kWebPerZoneMax) + ")");
}

Result<PlannedInstance> next_member(const Plan& plan, const PlannedGroup& group, size_t zone,
                                    const std::set<std::string>& taken) {
  CHECK(!group.members.empty() && zone < plan.zones.size());
  PlannedInstance one = *plan.instance(group.members.front().id);
  const int base = group.name == "db" ? kDbBase : kCacheBase;
  const std::string stem = group.name + plan.zones[zone].substr(2);  // "db-a"
  for (int k = 1; k <= kMembersPerZoneMax; ++k) {
    one.id = stem + std::to_string(k);
    if (plan.instance(one.id) || taken.contains(one.id)) continue;
    one.zone = plan.zones[zone];
    one.address = instance_address(plan.octet, static_cast<int>(zone) + 1, base + k);
    return one;
  }
  return Error(Code::kLimit, plan.zones[zone] + " has no free address for another " + group.name +
                                 " instance (it has " + std::to_string(kMembersPerZoneMax) + ")");
}

}  // namespace multiaz::orchestrator
