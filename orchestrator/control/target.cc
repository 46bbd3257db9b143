#include "orchestrator/control/target.h"

#include <set>

#include "orchestrator/plan/config.h"

namespace multiaz::orchestrator {

namespace {

constexpr std::string_view kAny = "any:";

struct Words {
  std::set<std::string> ids, tiers, zones, roles;  // a role has the form "db:primary"
};

Words words_of(const std::vector<Candidate>& candidates) {
  Words words;
  for (const Candidate& one : candidates) {
    words.ids.insert(one.id);
    words.tiers.insert(one.tier);
    words.zones.insert(one.zone);
    if (!one.role.empty()) words.roles.insert(one.tier + ":" + one.role);
  }
  // The name of a role exists also while no instance fills it.
  for (const char* group : {"cache", "db"}) {
    if (!words.tiers.contains(group)) continue;
    words.roles.insert(std::string(group) + ":primary");
    words.roles.insert(std::string(group) + ":replica");
    if (std::string_view(group) == "db") words.roles.insert("db:standby");
  }
  return words;
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

Error unknown(std::string_view target, const Words& words) {
  std::vector<std::string_view> all;
  for (const auto* set : {&words.ids, &words.roles, &words.tiers, &words.zones}) {
    all.insert(all.end(), set->begin(), set->end());
  }
  const std::string near = nearest(target, all);
  return Error(Code::kInvalid, "unknown target '" + std::string(target) + "'" +
                                   (near.empty() ? "" : ", did you mean '" + near + "'?") +
                                   " Allowed are instances (" + joined(words.ids) + "), roles (" +
                                   joined(words.roles) + "), tiers (" + joined(words.tiers) +
                                   "), zones (" + joined(words.zones) + ") and any:TIER");
}

}  // namespace

Result<std::vector<std::string>> resolve_target(std::string_view target,
                                                const std::vector<Candidate>& candidates,
                                                uint64_t pick) {
  const Words words = words_of(candidates);
  const bool any = target.starts_with(kAny);
  const std::string what(any ? target.substr(kAny.size()) : target);
  const bool known = words.ids.contains(what) || words.tiers.contains(what) ||
                     words.zones.contains(what) || words.roles.contains(what);
  if (!known) return unknown(target, words);
  std::vector<std::string> out;
  for (const Candidate& one : candidates) {
    if (one.id == what && !any) return std::vector<std::string>{one.id};
    if (!one.running) continue;
    if (one.id == what || one.tier == what || one.zone == what ||
        (!one.role.empty() && one.tier + ":" + one.role == what)) {
      out.push_back(one.id);
    }
  }
  if (out.empty()) {
    return Error(Code::kUnavailable, "no instance runs as '" + what + "' now");
  }
  if (any) out = {out[pick % out.size()]};
  return out;
}

}  // namespace multiaz::orchestrator
