// The load balancers' document in the plan: what cluster.toml says, and what an order may replace.
#pragma once

#include <string>
#include <vector>

#include "base/elb/read_document.h"
#include "orchestrator/plan/config.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {

// `base` is what the keys of [lb] and [web] and their attributes say: it holds where a document
// says nothing else, also one that an order brings. `document` is the base with the target groups,
// listeners and rules of the file.
struct BalancerConfig {
  elb::Document base, document;
  std::vector<elb::Mistake> mistakes;
};
BalancerConfig read_balancer(const Config& config);

// Puts both documents into a plan, with the endpoints of the listeners.
// REQUIRES: read_balancer() finds no mistake; the plan has its load balancers and its group.
void plan_balancer(const Config& config, Plan& plan);

// Reads a document that an order brings. kInvalid has one mistake on each line.
Result<elb::Document> read_balancer_order(const Plan& plan, const std::string& json);
// The plan gets that document, and the Auto Scaling group the deregistration delay of the web tier.
void replace_balancer(const elb::Document& document, Plan& plan);

}  // namespace multiaz::orchestrator
