// Instance refreshes (refresh.h) of the Auto Scaling group: a deployment begins one, each look
// judges it, and a failed one is rolled back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/asg/asg_group.h"

namespace multiaz::orchestrator {

struct Deployment {
  std::optional<std::string> program;
  std::vector<std::string> flags;                         // added to those of the version before
  std::map<std::string, std::optional<std::string>> env;  // without a value: removed
  int64_t min_healthy_percent = 100, max_healthy_percent = 120;
  bool auto_rollback = true;
};

class Refreshes {
 public:
  Refreshes(Context& context, Fleet& fleet, AsgGroup& group)
      : c_(context), fleet_(fleet), group_(group) {}
  // Checks whether the refresh has ended or must be rolled back.
  void look();
  [[nodiscard]] int64_t percent() const;

  // Makes a new launch template version and starts an instance refresh to it. Returns the version.
  Result<uint64_t> deploy(const Deployment& deployment);
  Status cancel();
  Status roll_back();

 private:
  void start(uint64_t to, const Deployment& how);
  void note_status(const std::string& cause);

  Context& c_;
  Fleet& fleet_;
  AsgGroup& group_;
};

}  // namespace multiaz::orchestrator
