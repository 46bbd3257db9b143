// GroupView: what commands may ask about the replication group, with the addresses of its members.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/rt/address.h"
#include "cachenode/commands/host.h"
#include "replication/group.h"

namespace multiaz::cachenode {

class GroupView {
 public:
  // REQUIRES: the group outlives it.
  explicit GroupView(const replication::Group& group) : group_(group) {}

  // Sets the addresses of the group's members, by id.
  void learn_addresses(std::map<std::string, rt::Address> addresses) {
    addresses_ = std::move(addresses);
  }
  GroupFacts facts() const;
  // The number of replicas that have everything up to `lsn`.
  size_t replicas_with(Lsn lsn) const;

 private:
  const replication::Group& group_;
  std::map<std::string, rt::Address> addresses_;
};

}  // namespace multiaz::cachenode
