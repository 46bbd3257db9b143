#include "replication/member/address_book.h"

#include "replication/member.h"

namespace multiaz::replication {

void AddressBook::learn(const wire::ViewUpdate& update) {
  for (const wire::MemberInfo& member : update.members) {
    const auto address = rt::parse_address(member.address, kReplicationPort);
    if (!address) continue;
    const uint16_t port = member.port == 0 ? kReplicationPort : member.port;
    addresses_[NodeId(member.id)] = rt::make_address(address->ip, port);
  }
}

void AddressBook::load(const std::map<NodeId, std::string>& stored) {
  for (const auto& [id, text] : stored) {
    const auto address = rt::parse_address(text, kReplicationPort);
    if (address) addresses_[id] = *address;
  }
}

std::map<NodeId, std::string> AddressBook::stored() const {
  std::map<NodeId, std::string> out;
  for (const auto& [id, address] : addresses_) out[id] = address.text();
  return out;
}

std::map<NodeId, rt::Address> AddressBook::peers(const View& view, const NodeId& self) const {
  std::map<NodeId, rt::Address> out;
  const auto want = [&](const NodeId& id) {
    const auto found = addresses_.find(id);
    if (id != self && found != addresses_.end()) out[id] = found->second;
  };
  for (const MemberRef& member : view.in_sync) want(member.id);
  for (const LearnerRef& learner : view.learners) want(learner.id);
  return out;
}

}  // namespace multiaz::replication
