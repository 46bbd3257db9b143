// What the parts of a member share. Each part owns its own state and reaches the others' only
// through these. Filled while the member opens, in this order.
#pragma once

#include <memory>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "replication/driver/driver.h"
#include "replication/links.h"
#include "replication/log/log.h"
#include "replication/member.h"
#include "replication/state_machine.h"

namespace multiaz::replication {

struct Shared {
  MemberConfig config;
  StateMachine& machine;
  MemberHooks hooks;
  std::unique_ptr<rt::Wakeup> wakeup;  // of the log's threads; outlives the log
  std::unique_ptr<Log> log;
  std::unique_ptr<Links> links;
  std::unique_ptr<Driver> driver;
  rt::Nursery nursery;

  bool failed() const { return driver->failure().has_value(); }
};

}  // namespace multiaz::replication
