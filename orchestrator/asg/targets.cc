#include "orchestrator/asg/targets.h"

namespace multiaz::orchestrator {

namespace {

struct Votes {
  size_t healthy = 0, unhealthy = 0;
  uint64_t requests = 0, errors_5xx = 0;
  std::string reason;
};

void count(const wire::TargetStatus& target, Votes& votes) {
  if (target.health == "healthy") ++votes.healthy;
  if (target.health == "unhealthy") {
    ++votes.unhealthy;
    votes.reason = target.reason;
  }
  votes.requests += target.requests;
  votes.errors_5xx += target.errors_5xx;
}

bool votes_count(const Instance& balancer) {
  return balancer.tier == "lb" && !balancer.silent && !balancer.stopped;
}

}  // namespace

bool judge_targets(const std::map<std::string, wire::StatusReport>& reports, Nanos now,
                   std::map<std::string, Instance>& instances) {
  std::map<std::string, Votes> votes;
  size_t balancers = 0;
  for (const auto& [id, report] : reports) {
    const auto found = instances.find(id);
    if (found == instances.end() || !votes_count(found->second)) continue;
    ++balancers;
    for (const wire::TargetStatus& target : report.targets) count(target, votes[target.id]);
  }
  bool news = false;
  for (auto& [id, one] : instances) {
    if (!one.scaled.on || !one.running()) continue;
    const Votes mine = votes[id];
    Scaled& scaled = one.scaled;
    const bool well = balancers == 0 || mine.healthy * 2 >= balancers;
    news = news || well != scaled.well;
    scaled.well = well;
    const bool condemned = mine.unhealthy * 2 > balancers;
    scaled.unhealthy = condemned ? mine.reason : std::string();
    if (!condemned) scaled.unhealthy_since = 0;
    if (condemned && scaled.unhealthy_since == 0) scaled.unhealthy_since = now;
    scaled.requests = mine.requests;
    scaled.errors_5xx = mine.errors_5xx;
  }
  return news;
}

}  // namespace multiaz::orchestrator
