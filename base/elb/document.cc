#include "base/elb/document.h"

#include <algorithm>

namespace multiaz::elb {

const TargetGroup* Document::group(std::string_view name) const {
  const auto found = std::ranges::find(groups, name, &TargetGroup::name);
  return found == groups.end() ? nullptr : &*found;
}

Document default_document(TargetGroup web) {
  Document out;
  Forward forward;
  forward.groups.push_back({web.name, 1});
  out.groups.push_back(std::move(web));
  out.listeners.push_back({0, std::move(forward)});
  return out;
}

}  // namespace multiaz::elb
