// Groups: the target groups of a node, by name, as the document in force describes them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/elb/document.h"
#include "base/rt/nursery.h"
#include "lb/backends.h"
#include "lb/config.h"

namespace multiaz::lb {

class Groups {
 public:
  // REQUIRES: the configuration outlives it.
  Groups(const LbConfig& config, Backends::OnEvent on_event);

  // Takes the groups over. A group that stays keeps its targets' health and connections. Targets
  // that are gone from it, and all targets of a group that is gone, get nothing new, and their
  // requests in flight may finish within the deregistration delay.
  void configure(const std::vector<elb::TargetGroup>& groups);
  // Sets the instances of the web tier, which are the targets of all groups of instances.
  void set_instances(std::vector<TargetSpec> specs);

  // nullptr when there is no such group. It may be used as long as it is held, even if it is gone
  // from the document meanwhile.
  [[nodiscard]] std::shared_ptr<Backends> find(const std::string& name) const;
  [[nodiscard]] const std::map<std::string, std::shared_ptr<Backends>>& all() const {
    return groups_;
  }
  // Ends all checks and waits for them. REQUIRES: no request is in flight.
  rt::Task<void> stop();

 private:
  static rt::Task<void> retire(std::shared_ptr<Backends> group);
  [[nodiscard]] std::vector<TargetSpec> targets_of(const elb::TargetGroup& group) const;
  static void add_leaving(const Backends& group, std::vector<TargetSpec>& targets);

  const LbConfig& config_;
  Backends::OnEvent on_event_;
  TargetConnections connections_;
  std::map<std::string, std::shared_ptr<Backends>> groups_;
  std::vector<TargetSpec> instances_;
  rt::Nursery retiring_;
};

}  // namespace multiaz::lb
