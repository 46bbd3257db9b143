// Do the members of a group hold the same log, while clients may go on writing to it? Positions are
// reported one after the other, so those of one moment differ; but each member also reports the
// hash at some earlier positions, and sooner or later all have reported it for the same one. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

// One member's report about its log.
struct MemberLook {
  std::string group, id;
  uint64_t tail = 0;
  std::map<uint64_t, uint64_t> hashes;  // by position; the tail's is among them
};

class MembersSeen {
 public:
  void take(const std::vector<MemberLook>& looks);
  // All expected members (and all others) have reported the same hash at a position that none of
  // them had passed at the first look.
  [[nodiscard]] bool equal(const Roster& expected) const;
  [[nodiscard]] std::vector<MemberEnd> ends() const;

 private:
  struct Member {
    uint64_t first = 0, tail = 0;
    std::map<uint64_t, uint64_t> hashes;
  };
  using Group = std::map<std::string, Member>;  // by id
  [[nodiscard]] bool told(const std::string& tier, const std::string& id) const;
  static uint64_t common_position(const Group& group);  // the last one; 0: none

  std::map<std::string, Group> groups_;
};

// The claim about them; `expected`: the members that must have reported.
Claim about_members(const Roster& expected, const std::vector<MemberEnd>& members);

}  // namespace multiaz::chaos
