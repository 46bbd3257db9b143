// Whether a fault that was just placed acts: seen in the counters of the processes that carry it
// out, or in /proc when it ends them. `multiaz chaos inject` gives the same proof.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/faults/words.h"
#include "cli/remote.h"

namespace multiaz::cli {

class BiteWatch {
 public:
  BiteWatch(Remote& remote, std::string kind)
      : remote_(remote), kind_(find_fault(kind)), counter_(kind_ ? fault_counter(*kind_) : "") {}

  // Notes the counters of all instances at these targets. To be called before the fault is placed.
  rt::Task<void> begin(std::vector<std::string> targets);
  // Waits until the fault acts and returns how that shows ("db-a1: fabric_bytes_held grew by 512").
  // nullopt when it did not act within that time.
  rt::Task<std::optional<std::string>> wait(uint64_t within_ms);
  [[nodiscard]] const std::string& counter() const { return counter_; }

 private:
  struct Seen {
    uint64_t count = 0;
    pid_t pid = 0;
  };

  rt::Task<std::optional<Seen>> look_at_one(std::string id);
  rt::Task<std::optional<std::string>> look();
  [[nodiscard]] std::optional<std::string> ended() const;

  Remote& remote_;
  const FaultKind* kind_;
  std::string counter_;
  std::map<std::string, Seen> before_;  // by instance; "control" stands for the control plane
};

}  // namespace multiaz::cli
