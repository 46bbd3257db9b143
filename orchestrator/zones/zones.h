// Availability zones: held down by order, and zonal shifts (ordered, or by autoshift).
#pragma once

#include <cstdint>
#include <string>

#include "orchestrator/control/context.h"
#include "orchestrator/zones/autoshift.h"

namespace multiaz::orchestrator {

class Zones {
 public:
  explicit Zones(Context& context) : c_(context) {}
  Status load();
  void tick();

  // What is dead there stays dead; `for_ms` 0 = until it is released. Does not kill.
  void hold(const std::string& zone, uint64_t for_ms);
  void release(const std::string& zone, const std::string& why);
  // No traffic into that zone and no launches there; what runs there goes on, as with ARC.
  void shift(const std::string& zone, uint64_t for_ms, const std::string& why);
  void unshift(const std::string& zone, const std::string& why);

 private:
  void expire();
  void shift_by_signs();
  void save_holds();
  void save_shifts();

  Context& c_;
  Autoshift autoshift_;
};

}  // namespace multiaz::orchestrator
