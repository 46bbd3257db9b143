// SecurityGroup: the security group of this process, from the last topology; it stays in force when
// the control plane is gone. Denied connections are reported as events, at most one a second for
// each peer and port.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/rt/address.h"
#include "base/sg/security_groups.h"
#include "base/wire/control_types.h"

namespace multiaz::agent {

class SecurityGroup {
 public:
  using Report = std::function<void(wire::EventReport)>;
  SecurityGroup(std::string tier, Report report);
  ~SecurityGroup();
  SecurityGroup(const SecurityGroup&) = delete;
  SecurityGroup& operator=(const SecurityGroup&) = delete;

  void take(const wire::TopologyUpdate& topology);

 private:
  void on_denied(rt::Address from, rt::Address to, const std::string& why);

  std::string group_;
  Report report_;
  std::vector<sg::Rule> rules_;
  std::vector<sg::Member> members_;
  std::map<std::string, Nanos> reported_;  // "127.20.1.11>6379"
};

}  // namespace multiaz::agent
