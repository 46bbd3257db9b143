// The security groups of the cluster: one for each tier, with the rules of the classic chain
// (internet -> lb -> web -> cache and db, replication inside a group). They are kept in the store
// and sent with the topology.
#pragma once

#include <string>
#include <vector>

#include "base/sg/security_groups.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

class Security {
 public:
  Security(Cluster& cluster, Store& store) : cluster_(cluster), store_(store) {}
  Status load();

  Status authorize(sg::Rule rule);
  // kNotFound: there is no such rule.
  Status revoke(const sg::Rule& rule);
  // Whether an instance, tier or address may open a connection to an instance or tier. kInvalid:
  // one of them is unknown.
  Result<sg::Verdict> check(const std::string& from, const std::string& to, uint16_t port) const;
  [[nodiscard]] const std::vector<sg::Rule>& rules() const { return rules_; }
  [[nodiscard]] std::vector<std::string> groups() const;

 private:
  Status publish();
  void tell();  // gives the rules to the control plane, which sends them to all daemons
  [[nodiscard]] std::vector<sg::Member> members() const;

  Cluster& cluster_;
  Store& store_;
  std::vector<sg::Rule> rules_;
};

std::vector<sg::Rule> default_rules(const Plan& plan);

}  // namespace multiaz::orchestrator
