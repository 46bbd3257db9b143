#include <utility>

#include "replication/group.h"

namespace multiaz::replication {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::kNone: return "none";
    case Role::kLearner: return "learner";
    case Role::kSecondary: return "secondary";
    case Role::kPrimary: return "primary";
  }
  return "none";
}

SoloGroup::SoloGroup(StateMachine& machine) : machine_(machine) {}

Result<Lsn> SoloGroup::append(std::string payload) {
  CHECK(payload.size() <= kRecordBytesMax);
  tail_ = next(tail_);
  machine_.committed(tail_);
  return tail_;
}

GroupStatus SoloGroup::status() const {
  GroupStatus out;
  out.role = Role::kPrimary;
  out.epoch = Epoch(1);
  out.tail = tail_;
  out.commit = tail_;
  out.serving = true;
  return out;
}

}  // namespace multiaz::replication
