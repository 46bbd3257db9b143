// The agent's connection to an orchestrator that sends nothing.
#include "base/agent/agent.h"

#include <gtest/gtest.h>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

namespace multiaz::agent {
namespace {

constexpr uint64_t kAtOnceMs = 1000;  // a handshake may take twice as long

rt::Task<int> stop_in_the_handshake(Nanos& took) {
  auto listener = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  CHECK(listener.ok());
  AgentConfig config;
  config.self = rt::make_address(0x7f000001, 0);
  config.control = (*listener)->address();
  Agent agent(config, AgentHandlers());
  rt::Nursery nursery;
  nursery.spawn("agent", agent.run(nursery.stopping()));
  auto accepted = co_await (*listener)->accept();  // and says nothing
  CHECK(accepted.ok());
  const Nanos began = monotonic_now();
  nursery.stop();
  co_await nursery.join();
  took = monotonic_now() - began;
  co_return agent.connected() ? 1 : 0;
}

// This happened at the end of a cluster: the orchestrator was dead, its listening socket still took
// connections, and every daemon that had not ended by then waited for the handshake.
TEST(Agent, AStopDoesNotWaitForTheOrchestratorsGreeting) {
  Nanos took = 0;
  EXPECT_EQ(rt::run(stop_in_the_handshake(took)), 0);
  EXPECT_LT(took, kAtOnceMs * kMillisecond);
}

}  // namespace
}  // namespace multiaz::agent
