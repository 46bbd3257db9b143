// The objects that the parts of a member share. Each part owns its own state and reaches the
// others' state only through these. They are made in this order while the member opens.
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
  std::unique_ptr<rt::Wakeup> wakeup;  // for the log's threads; it outlives the log
  std::unique_ptr<Log> log;
  std::unique_ptr<Links> links;
  std::unique_ptr<Driver> driver;
  rt::Nursery nursery;

  bool failed() const { return driver->failure().has_value(); }
};

}  // namespace multiaz::replication
