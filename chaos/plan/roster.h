// Who was there when a run began, by the control plane's own plan: what there must be something to
// say about at the end. Without it a claim could vanish together with what it is about. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multiaz::chaos {

struct RosterMember {
  std::string id, tier;
  std::string program;  // "webnode", "cachenode", ..., or somebody's own
  bool read_replica = false;
};

struct Roster {
  std::vector<RosterMember> members;  // of all tiers; empty: not known

  [[nodiscard]] bool known() const { return !members.empty(); }
  [[nodiscard]] bool has(std::string_view tier) const;
  // The web tier runs the shop, and nobody's own app.
  [[nodiscard]] bool shop() const;
  // What it runs instead; "" for the shop.
  [[nodiscard]] std::string own_app() const;
  [[nodiscard]] bool read_replica() const;
  // The members of a tier that keep a replicated log of ours; none when there is nobody to
  // replicate to, or when somebody else's server keeps the data.
  [[nodiscard]] std::vector<std::string> logs_of(std::string_view tier) const;
  // Whether primaries of that tier serve under leases.
  [[nodiscard]] bool leased(std::string_view tier) const;
};

// Of the default cluster, for folders of runs that did not write theirs down.
Roster usual_roster();

}  // namespace multiaz::chaos
