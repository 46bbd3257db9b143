#include "chaos/judge/members.h"

#include <algorithm>

namespace multiaz::chaos {

void MembersSeen::take(const std::vector<MemberLook>& looks) {
  for (const MemberLook& look : looks) {
    Group& group = groups_[look.group];
    const auto [at, fresh] = group.try_emplace(look.id);
    Member& member = at->second;
    if (fresh) member.first = look.tail;
    member.tail = look.tail;
    // A part of the log that was cut off may be written again with other records.
    member.hashes.erase(member.hashes.upper_bound(look.tail), member.hashes.end());
    for (const auto& [position, hash] : look.hashes) {
      if (position > 0 && position <= look.tail) member.hashes[position] = hash;
    }
  }
}

uint64_t MembersSeen::common_position(const Group& group) {
  const Member& one = group.begin()->second;
  for (auto at = one.hashes.rbegin(); at != one.hashes.rend(); ++at) {
    const bool all = std::ranges::all_of(
        group, [&](const auto& other) { return other.second.hashes.contains(at->first); });
    if (all) return at->first;
  }
  return 0;
}

bool MembersSeen::told(const std::string& tier, const std::string& id) const {
  const auto group = groups_.find(tier);
  return group != groups_.end() && group->second.contains(id);
}

bool MembersSeen::equal(const Roster& expected) const {
  for (const char* tier : {"cache", "db"}) {
    for (const std::string& id : expected.logs_of(tier)) {
      if (!told(tier, id)) return false;
    }
  }
  return std::ranges::all_of(groups_, [](const auto& named) {
    const Group& group = named.second;
    const uint64_t common = common_position(group);
    if (common == 0) {  // no record was ever written
      return std::ranges::all_of(group, [](const auto& one) { return one.second.tail == 0; });
    }
    const uint64_t hash = group.begin()->second.hashes.at(common);
    return std::ranges::all_of(group, [&](const auto& one) {
      return one.second.first <= common && one.second.hashes.at(common) == hash;
    });
  });
}

std::vector<MemberEnd> MembersSeen::ends() const {
  std::vector<MemberEnd> out;
  for (const auto& [name, group] : groups_) {
    const uint64_t common = common_position(group);
    const bool early =
        std::ranges::any_of(group, [&](const auto& one) { return one.second.first > common; });
    const bool differ =
        common > 0 && std::ranges::any_of(group, [&](const auto& one) {
          return one.second.hashes.at(common) != group.begin()->second.hashes.at(common);
        });
    const bool told = common > 0 && (!early || differ);
    for (const auto& [id, member] : group) {
      const uint64_t tail = told ? common : member.tail;
      const auto known = member.hashes.find(tail);
      const uint64_t hash = known == member.hashes.end() ? 0 : known->second;
      out.push_back({name, id, tail, hash, member.tail != member.first});
    }
  }
  return out;
}

namespace {

// The problems of a group, and what is not known about it.
struct GroupWords {
  bool differs = false;
  std::string unknown;
};

GroupWords judge_group(const std::vector<const MemberEnd*>& group) {
  GroupWords out;
  uint64_t furthest = 0;
  for (const MemberEnd* one : group) furthest = std::max(furthest, one->tail);
  for (const MemberEnd* one : group) {
    // A member that does not move while others are further has lost records; one that moves may
    // still catch up.
    const bool behind = one->tail < furthest;
    out.differs = out.differs || (behind && !one->moved);
    if (behind && one->moved) out.unknown = "no position that all have told: somebody writes";
    out.differs =
        out.differs || (one->tail == group.front()->tail && one->hash != group.front()->hash);
  }
  return out;
}

}  // namespace

Claim about_members(const Roster& expected, const std::vector<MemberEnd>& members) {
  std::map<std::string, std::vector<const MemberEnd*>> groups;
  for (const MemberEnd& one : members) groups[one.group].push_back(&one);
  Claim out{"all members hold the same log (position and chain hash)", Ruling::kHolds, ""};
  std::string unknown;
  const auto doubt = [&](const std::string& text) {
    if (!text.empty()) unknown += "; " + text;
  };
  for (const char* tier : {"cache", "db"}) {
    std::string silent;
    for (const std::string& id : expected.logs_of(tier)) {
      const auto& group = groups[tier];
      const bool told =
          std::ranges::any_of(group, [&](const MemberEnd* one) { return one->id == id; });
      if (!told) silent += (silent.empty() ? "" : ", ") + id;
    }
    if (!silent.empty()) doubt(silent + " did not say");
  }
  for (const auto& [name, group] : groups) {
    const GroupWords seen = group.empty() ? GroupWords() : judge_group(group);
    if (seen.differs) out.ruling = Ruling::kViolated;
    doubt(seen.unknown.empty() ? "" : name + ": " + seen.unknown);
    for (const MemberEnd* one : group) {
      out.text += (out.text.empty() ? "" : ", ") + one->id + " " + std::to_string(one->tail);
    }
  }
  if (!unknown.empty() && out.ruling == Ruling::kHolds) out.ruling = Ruling::kInconclusive;
  out.text += out.text.empty() ? unknown.substr(std::min<size_t>(unknown.size(), 2)) : unknown;
  return out;
}

}  // namespace multiaz::chaos
