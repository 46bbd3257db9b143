// The planned instances when a run began: the end of the record must say something about each of
// them. Without the roster a claim could vanish together with the instance that it is about. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace multiaz::chaos {

struct RosterMember {
  std::string id, tier;
  std::string program;  // "webnode", "cachenode", ..., or a user's own app
  bool read_replica = false;
};

struct Roster {
  std::vector<RosterMember> members;  // of all tiers; empty: not known

  [[nodiscard]] bool known() const { return !members.empty(); }
  [[nodiscard]] bool has(std::string_view tier) const;
  // The web tier runs the shop, and not a user's own app.
  [[nodiscard]] bool shop() const;
  // The app that it runs instead; "" for the shop.
  [[nodiscard]] std::string own_app() const;
  [[nodiscard]] bool read_replica() const;
  // The members of a tier that keep a replicated log; none when there is no member to replicate to,
  // or when an external engine keeps the data.
  [[nodiscard]] std::vector<std::string> logs_of(std::string_view tier) const;
  // Whether primaries of that tier serve under leases.
  [[nodiscard]] bool leased(std::string_view tier) const;
};

// The roster of the default cluster, for folders of runs that did not record theirs.
Roster usual_roster();

}  // namespace multiaz::chaos
