#include "lb/groups.h"

#include <set>
#include <utility>

#include "base/rt/address.h"

namespace multiaz::lb {

Groups::Groups(const LbConfig& config, Backends::OnEvent on_event)
    : config_(config), on_event_(std::move(on_event)), connections_(clients_max()) {}

std::vector<TargetSpec> Groups::targets_of(const elb::TargetGroup& group) const {
  std::vector<TargetSpec> out;
  if (group.instances) {
    out = instances_;
    for (TargetSpec& spec : out) spec.port = group.port != 0 ? group.port : spec.port;
    return out;
  }
  for (const elb::TargetAddress& address : group.targets) {
    TargetSpec spec;
    spec.id = rt::make_address(address.ip, address.port).text();
    spec.ip = address.ip;
    spec.port = address.port;
    out.push_back(std::move(spec));
  }
  return out;
}

void Groups::configure(const std::vector<elb::TargetGroup>& groups) {
  std::set<std::string> named;
  for (const elb::TargetGroup& group : groups) {
    named.insert(group.name);
    std::shared_ptr<Backends>& backends = groups_[group.name];
    if (backends) {
      backends->reconfigure(group);
    } else {
      backends = std::make_shared<Backends>(config_, group, connections_, on_event_);
    }
    std::vector<TargetSpec> targets = targets_of(group);
    if (!group.instances) add_leaving(*backends, targets);
    backends->set_targets(targets);
  }
  for (auto at = groups_.begin(); at != groups_.end();) {
    if (named.contains(at->first)) {
      ++at;
      continue;
    }
    retiring_.spawn("retire " + at->first, retire(std::move(at->second)));
    at = groups_.erase(at);
  }
}

// Adds the targets that the group still has and the document does not name any more, as draining.
void Groups::add_leaving(const Backends& group, std::vector<TargetSpec>& targets) {
  std::set<std::string> named;
  for (const TargetSpec& spec : targets) named.insert(spec.id);
  for (const auto& [id, target] : group.group().targets()) {
    if (named.contains(id)) continue;
    targets.push_back(target.spec);
    targets.back().draining = true;
  }
}

rt::Task<void> Groups::retire(std::shared_ptr<Backends> group) {
  group->drain_all();
  co_await group->stop();
}

void Groups::set_instances(std::vector<TargetSpec> specs) {
  instances_ = std::move(specs);
  for (const auto& [name, backends] : groups_) {
    const elb::TargetGroup& settings = backends->settings();
    if (settings.instances) backends->set_targets(targets_of(settings));
  }
}

std::shared_ptr<Backends> Groups::find(const std::string& name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second;
}

rt::Task<void> Groups::stop() {
  for (const auto& [name, backends] : groups_) co_await backends->stop();
  co_await retiring_.join();
  connections_.pool.clear();
}

}  // namespace multiaz::lb
