// The durable state of the control plane. Each write is durable when the call returns, and step()
// returns its effects after its writes, so durable comes before visible. shell/store.h keeps it in
// SQLite; the simulator's store can refuse a write or end the process after it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/core/result.h"

namespace multiaz::orchestrator {

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Small texts by name: "plan", "boot", ...
  virtual Result<std::string> meta(const std::string& key) = 0;  // "" when absent
  virtual Status set_meta(const std::string& key, const std::string& value) = 0;

  // The number of the last launch of each instance, written before the process starts.
  virtual Result<std::map<std::string, uint64_t>> launches() = 0;
  virtual Status set_launches(const std::map<std::string, uint64_t>& launches) = 0;

  // The configuration manager's state of a group.
  virtual Result<std::string> group_state(const std::string& group) = 0;  // "" when absent
  virtual Status set_group_state(const std::string& group, const std::string& state) = 0;

  // Zone -> end of the hold in nanoseconds of CLOCK_MONOTONIC; 0 = until it is released.
  virtual Result<std::map<std::string, uint64_t>> zone_holds() = 0;
  virtual Status set_zone_holds(const std::map<std::string, uint64_t>& holds) = 0;
  virtual Result<std::map<std::string, uint64_t>> zone_shifts() = 0;  // likewise
  virtual Status set_zone_shifts(const std::map<std::string, uint64_t>& shifts) = 0;

  // Fault id -> JSON text.
  virtual Result<std::map<std::string, std::string>> faults() = 0;
  virtual Status set_faults(const std::map<std::string, std::string>& faults) = 0;
};

}  // namespace multiaz::orchestrator
