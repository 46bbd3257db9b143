#include "orchestrator/asg/capacity.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace multiaz::orchestrator {

namespace {

using Step = CapacityAction::Kind;
using Members = std::vector<CapacityMember>;

class Planner {
 public:
  explicit Planner(const CapacityView& view) : view_(view) {
    for (const CapacityMember& one : view.members) {
      if (!one.leaving) here_.push_back(one);
    }
  }

  std::vector<CapacityAction> plan() {
    give_up_lost();
    if (view_.renewal.under_way || count() > view_.desired) give_up_unfit();
    const int64_t n = count();
    if (n < view_.desired) {
      grow(view_.desired - n, "");
    } else if (n > view_.desired) {
      shrink();
    } else if (out_.empty() && settled()) {
      if (!renew()) rebalance();
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] int64_t count() const { return static_cast<int64_t>(here_.size()); }
  [[nodiscard]] bool may(const char* process) const { return !view_.suspended.contains(process); }

  [[nodiscard]] int64_t in_service() const {
    return std::count_if(here_.begin(), here_.end(),
                         [](const CapacityMember& one) { return one.in_service; });
  }
  // Whether no instance is being launched or terminated.
  [[nodiscard]] bool settled() const {
    const bool renewing = view_.renewal.under_way;
    return here_.size() == view_.members.size() &&
           std::all_of(here_.begin(), here_.end(), [&](const CapacityMember& one) {
             return renewing && one.version == view_.version ? one.warm : one.in_service;
           });
  }
  [[nodiscard]] int64_t in_zone(const std::string& zone) const {
    return std::count_if(here_.begin(), here_.end(),
                         [&](const CapacityMember& one) { return one.zone == zone; });
  }

  void launch(const std::string& zone, const std::string& reason) {
    out_.push_back({Step::kLaunch, zone, "", reason});
    CapacityMember one;
    one.zone = zone;
    one.version = view_.version;
    here_.push_back(one);
  }
  void terminate(const CapacityMember& one, const std::string& reason) {
    out_.push_back({Step::kTerminate, "", one.id, reason});
    const std::string id = one.id;
    std::erase_if(here_, [&](const CapacityMember& each) { return each.id == id; });
  }

  void give_up_lost() {
    if (!may("Terminate") || !may("ReplaceUnhealthy")) return;
    const Members now = here_;
    for (const CapacityMember& one : now) {
      if (!one.running && view_.lost.contains(one.zone)) terminate(one, one.zone + " is down");
    }
  }

  // A refresh terminates instances of the wrong version at once when they are not in service.
  void give_up_unfit() {
    if (!may("Terminate")) return;
    const Members now = here_;
    for (const CapacityMember& one : now) {
      if (one.version == view_.version || one.in_service || one.is_protected) continue;
      terminate(one, "it is not in service and of version " + std::to_string(one.version));
    }
  }

  // The open zone with the fewest instances; of several, the first.
  [[nodiscard]] const std::string* emptiest() const {
    const auto fewest = std::min_element(
        view_.zones.begin(), view_.zones.end(),
        [&](const std::string& a, const std::string& b) { return in_zone(a) < in_zone(b); });
    return fewest == view_.zones.end() ? nullptr : &*fewest;
  }

  void grow(int64_t missing, const std::string& why) {
    if (!may("Launch")) return;
    for (; missing > 0; --missing) {
      const std::string* zone = emptiest();
      if (!zone) return;
      launch(*zone, why.empty() ? std::to_string(count()) + " of " + std::to_string(view_.desired) +
                                      " desired instances"
                                : why);
    }
  }

  // Whether `a` is terminated before `b` when both are in the zone that has to give one up.
  [[nodiscard]] bool goes_first(const CapacityMember& a, const CapacityMember& b) const {
    const bool wrong_a = a.version != view_.version, wrong_b = b.version != view_.version;
    if (view_.policy == TerminationPolicy::kDefault || view_.renewal.under_way) {
      if (wrong_a != wrong_b) return wrong_a;
      if (a.version != b.version) return a.version < b.version;
    }
    // AWS's default policy chooses by chance here. Ending the youngest first keeps the old names.
    const bool oldest = view_.policy == TerminationPolicy::kOldestInstance;
    if (a.launched_at != b.launched_at) return (a.launched_at < b.launched_at) == oldest;
    return a.id > b.id;  // they were launched together: the highest number goes first
  }

  // Chooses an instance in the zone with the most of those that may go: unprotected ones in
  // service. The instances that are still being launched are to replace one of these.
  [[nodiscard]] const CapacityMember* victim() const {
    const CapacityMember* best = nullptr;
    for (const CapacityMember& one : here_) {
      if (one.is_protected || !one.in_service) continue;
      if (view_.renewal.under_way && one.version == view_.version && wrong_versions() > 0) continue;
      if (!best) {
        best = &one;
        continue;
      }
      const int64_t mine = in_zone(one.zone), its = in_zone(best->zone);
      if (mine > its || (mine == its && goes_first(one, *best))) best = &one;
    }
    return best;
  }

  void shrink() {
    if (!may("Terminate")) return;
    // The number in service never falls below the desired one: a new instance is in service first.
    for (int64_t excess = std::min(count(), useful()) - view_.desired; excess > 0; --excess) {
      const CapacityMember* one = victim();
      if (!one) return;
      terminate(*one, std::to_string(count()) + " instances, " + std::to_string(view_.desired) +
                          " desired");
    }
  }
  // Instances in service; those that a refresh launched must also be warm.
  [[nodiscard]] int64_t useful() const {
    if (!view_.renewal.under_way) return in_service();
    return std::count_if(here_.begin(), here_.end(), [&](const CapacityMember& one) {
      return one.version == view_.version ? one.warm : one.in_service;
    });
  }

  [[nodiscard]] int64_t wrong_versions() const {
    return std::count_if(here_.begin(), here_.end(), [&](const CapacityMember& one) {
      return one.version != view_.version && !one.is_protected;
    });
  }

  // The zone with the most instances of a wrong version.
  [[nodiscard]] std::optional<std::string> stalest_zone() const {
    std::map<std::string, int64_t> wrong;
    for (const CapacityMember& one : here_) {
      if (one.version != view_.version && !one.is_protected) ++wrong[one.zone];
    }
    std::optional<std::string> best;
    for (const std::string& zone : view_.zones) {
      if (wrong[zone] > 0 &&
          (!best || wrong[zone] - in_zone_new(zone) > wrong[*best] - in_zone_new(*best))) {
        best = zone;
      }
    }
    return best;
  }
  [[nodiscard]] int64_t in_zone_new(const std::string& zone) const {
    return std::count_if(here_.begin(), here_.end(), [&](const CapacityMember& one) {
      return one.zone == zone && one.id.empty();
    });
  }

  // Takes one step of an instance refresh; false when there is none to take.
  bool renew() {
    const int64_t wrong = wrong_versions();
    if (!view_.renewal.under_way || wrong == 0 || !may("InstanceRefresh")) return false;
    const std::string why = "instance refresh to version " + std::to_string(view_.version);
    const int64_t above = view_.desired * (view_.renewal.max_healthy_percent - 100) / 100;
    if (above > 0 || view_.renewal.min_healthy_percent >= 100) {  // launch first
      for (int64_t k = std::min(std::max<int64_t>(above, 1), wrong); k > 0 && may("Launch"); --k) {
        const auto zone = stalest_zone();
        if (!zone) {
          grow(1, why);
        } else {
          launch(*zone, why);
        }
      }
      return true;
    }
    // Terminate first: at least one at a time, as AWS does.
    const int64_t floor = (view_.desired * view_.renewal.min_healthy_percent + 99) / 100;
    for (int64_t k = std::max<int64_t>(1, view_.desired - floor); k > 0 && may("Terminate"); --k) {
      const CapacityMember* one = victim();
      if (!one || one->version == view_.version) break;
      terminate(*one, why);
    }
    return true;
  }

  void rebalance() {
    if (!may("AZRebalance") || !may("Launch") || !may("Terminate")) return;
    for (int64_t k = std::max<int64_t>(1, view_.desired / 10); k > 0; --k) {
      const std::string* low = emptiest();
      if (!low) return;
      std::map<std::string, int64_t> counts;
      for (const CapacityMember& one : here_) ++counts[one.zone];
      int64_t most = 0;
      for (const auto& [zone, n] : counts) most = std::max(most, n);
      if (most - in_zone(*low) < 2) return;
      launch(*low, "rebalancing: " + *low + " has " + std::to_string(in_zone(*low)) +
                       " instances, another zone " + std::to_string(most));
    }
  }

  const CapacityView& view_;
  Members here_;  // without those that leave, and with the actions planned so far
  std::vector<CapacityAction> out_;
};

}  // namespace

std::string_view to_string(TerminationPolicy policy) {
  switch (policy) {
    case TerminationPolicy::kDefault: return "Default";
    case TerminationPolicy::kOldestInstance: return "OldestInstance";
    case TerminationPolicy::kNewestInstance: return "NewestInstance";
  }
  return "?";
}

std::vector<CapacityAction> plan_capacity(const CapacityView& view) {
  return Planner(view).plan();
}

}  // namespace multiaz::orchestrator
