// Availability zones: they are held down by an order, and shifted by an order or by autoshift.
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

  // Instances of the zone that have ended are not started; `for_ms` 0 = until release(). Kills
  // nothing.
  void hold(const std::string& zone, uint64_t for_ms);
  void release(const std::string& zone, const std::string& why);
  // The zone gets no traffic and no launches; what runs there goes on, as with ARC.
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
