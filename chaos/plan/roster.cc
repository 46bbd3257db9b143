#include "chaos/plan/roster.h"

#include <algorithm>

namespace multiaz::chaos {

bool Roster::has(std::string_view tier) const {
  return std::ranges::any_of(members, [&](const RosterMember& one) { return one.tier == tier; });
}

bool Roster::shop() const {
  return has("web") && own_app().empty();
}

std::string Roster::own_app() const {
  for (const RosterMember& one : members) {
    if (one.tier == "web" && one.program != "webnode") return one.program;
  }
  return "";
}

bool Roster::read_replica() const {
  return std::ranges::any_of(members, [](const RosterMember& one) { return one.read_replica; });
}

std::vector<std::string> Roster::logs_of(std::string_view tier) const {
  std::vector<std::string> out;
  for (const RosterMember& one : members) {
    const bool ours = one.program == "cachenode" || one.program == "dbnode";
    if (one.tier == tier && ours) out.push_back(one.id);
  }
  if (out.size() < 2) out.clear();
  return out;
}

bool Roster::leased(std::string_view tier) const {
  return !logs_of(tier).empty();
}

Roster usual_roster() {
  Roster out;
  for (const char* id : {"web-a1", "web-a2", "web-b1", "web-b2", "web-c1", "web-c2"}) {
    out.members.push_back({id, "web", "webnode"});
  }
  for (const char* id : {"cache-a1", "cache-b1", "cache-c1"}) {
    out.members.push_back({id, "cache", "cachenode"});
  }
  for (const char* id : {"db-a1", "db-b1"}) out.members.push_back({id, "db", "dbnode"});
  out.members.push_back({"db-c1", "db", "dbnode", true});
  return out;
}

}  // namespace multiaz::chaos
