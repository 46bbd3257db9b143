// The store of a simulated control plane: it survives the process, may refuse writes (a full disk),
// and can be replaced by an older copy of itself.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "orchestrator/control/state_store.h"

namespace multiaz::orchestrator::sim {

class Memory : public StateStore {
 public:
  using Numbers = std::map<std::string, uint64_t>;
  using Texts = std::map<std::string, std::string>;

  Result<std::string> meta(const std::string& key) override { return content_.meta[key]; }
  Status set_meta(const std::string& key, const std::string& value) override {
    return write([&] { content_.meta[key] = value; });
  }
  Result<Numbers> launches() override { return content_.launches; }
  Status set_launches(const Numbers& launches) override {
    return write([&] {
      for (const auto& [id, launch] : launches) content_.launches[id] = launch;
    });
  }
  Result<std::string> group_state(const std::string& group) override { return groups_[group]; }
  Status set_group_state(const std::string& group, const std::string& state) override {
    return write([&] { groups_[group] = state; });
  }
  Result<Numbers> zone_holds() override { return content_.holds; }
  Status set_zone_holds(const Numbers& holds) override {
    return write([&] { content_.holds = holds; });
  }
  Result<Numbers> zone_shifts() override { return content_.shifts; }
  Status set_zone_shifts(const Numbers& shifts) override {
    return write([&] { content_.shifts = shifts; });
  }
  Result<Texts> faults() override { return content_.faults; }
  Status set_faults(const Texts& faults) override {
    return write([&] { content_.faults = faults; });
  }

  void refuse(bool on) { refuses_ = on; }
  [[nodiscard]] bool refuses() const { return refuses_; }
  void keep_copy() { copy_ = content_; }
  // Replaces all but the groups' states: replication/sim tests older copies of those.
  void restore_copy() { content_ = copy_; }

 private:
  struct Content {
    Texts meta, faults;
    Numbers launches, holds, shifts;
  };
  template <typename Change>
  Status write(Change change) {
    if (refuses_) return Error(Code::kIo, "no space left on device");
    change();
    return Status();
  }

  Content content_, copy_;
  Texts groups_;
  bool refuses_ = false;
};

}  // namespace multiaz::orchestrator::sim
