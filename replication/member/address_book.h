// AddressBook: the addresses of the members as views tell them; kept beside the view on disk.
#pragma once

#include <map>
#include <string>

#include "base/rt/address.h"
#include "base/wire/control_types.h"
#include "replication/core/types.h"

namespace multiaz::replication {

class AddressBook {
 public:
  void learn(const wire::ViewUpdate& update);
  void load(const std::map<NodeId, std::string>& stored);
  std::map<NodeId, std::string> stored() const;
  // The members that `view` names without `self`, as far as their addresses are known.
  std::map<NodeId, rt::Address> peers(const View& view, const NodeId& self) const;

 private:
  std::map<NodeId, rt::Address> addresses_;
};

}  // namespace multiaz::replication
