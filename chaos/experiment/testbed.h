// A cluster under experiment: one that is started for it or one that runs already, with the control
// plane's events, with the guardian that heals when chaos dies, and with the user's request to
// stop.
#pragma once

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "chaos/events.h"
#include "chaos/faults/guardian.h"

namespace multiaz::chaos {

struct TestbedOptions {
  bool attach = false;   // use the running cluster up.name; "" = the only one
  UpOptions up;          // otherwise the cluster to start
  std::string topology;  // its cluster.toml as text; "" = up.file
};

// Options for a cluster that runs; "" = the only one.
TestbedOptions running_cluster(const std::string& name);

class Testbed {
 public:
  // From now on SIGINT and SIGTERM request stop(), and call `on_interrupt`.
  explicit Testbed(std::function<void()> on_interrupt = {});

  // kInvalid: the topology; kUnavailable: no cluster; kNotFound: none to attach to.
  rt::Task<Status> begin(TestbedOptions options);
  // Awaits the work on the cluster, and follows its events meanwhile.
  template <typename T>
  rt::Task<T> during(rt::Task<T> work);
  // Heals faults that are left and stops the cluster if begin() started it. To be called once;
  // kInternal: something is left behind.
  rt::Task<Status> leave();

  Cluster& cluster() { return *cluster_; }
  Guardian& guardian() { return *guardian_; }
  Events& events() { return *events_; }
  rt::Stop& stop() { return stop_; }  // when requested, faults heal at once
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  void interrupt();

  rt::Stop stop_;
  bool interrupted_ = false;
  std::function<void()> on_interrupt_;
  rt::SignalWatch on_int_, on_term_;
  bool keep_ = false;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Guardian> guardian_;
  std::unique_ptr<Events> events_;
  rt::Nursery watch_;
};

// Prints a line and flushes it: another program may wait for it.
void say(std::FILE* out, const std::string& line);
// Prints a line on stderr for a cluster that did not start, and returns the exit code: 254 for bad
// input, else 3.
int complain_about(const Error& error);

}  // namespace multiaz::chaos

#include "base/rt/joined.h"

namespace multiaz::chaos {

template <typename T>
rt::Task<T> Testbed::during(rt::Task<T> work) {
  watch_.spawn("events", events_->follow(watch_.stopping()));
  return rt::joined(watch_, std::move(work));
}

}  // namespace multiaz::chaos
