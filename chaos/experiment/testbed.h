// A cluster under experiment: one of its own or one that runs already, with the control plane's
// events, with the guardian that heals when chaos dies, and with the user's wish to stop.
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
  bool attach = false;   // to the running cluster of up.name; "" = the only one
  UpOptions up;          // else: of the one to be started
  std::string topology;  // its cluster.toml as text; "" = up.file
};

// Of a cluster that runs; "" = the only one.
TestbedOptions running_cluster(const std::string& name);

class Testbed {
 public:
  // From now on SIGINT and SIGTERM request stop(), and call this.
  explicit Testbed(std::function<void()> on_interrupt = {});

  // kInvalid: the topology; kUnavailable: no cluster; kNotFound: none to attach to.
  rt::Task<Status> begin(TestbedOptions options);
  // Awaits the work to be done on the cluster, and follows its events meanwhile.
  template <typename T>
  rt::Task<T> during(rt::Task<T> work);
  // Heals what is left and stops a cluster of its own. Once; kInternal: something is left behind.
  rt::Task<Status> leave();

  Cluster& cluster() { return *cluster_; }
  Guardian& guardian() { return *guardian_; }
  Events& events() { return *events_; }
  rt::Stop& stop() { return stop_; }  // faults heal at once
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

// A line, at once: another program may wait for it.
void say(std::FILE* out, const std::string& line);
// The exit code and a line on stderr for a cluster that did not come: 254 for bad input, else 3.
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
