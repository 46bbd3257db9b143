// Cluster: the running cluster as chaos sees it, through the command line (up, down) and the
// orchestrator's HTTP API (everything else). Nothing here depends on a daemon's internals.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rt/stop.h"
#include "chaos/cluster_facts.h"
#include "chaos/control_api.h"

namespace multiaz::chaos {

// The programs whose servers keep the data; "" = as the cluster's file says.
struct Engines {
  std::string cache, db;
};

struct UpOptions {
  std::string name;
  std::string profile = "fast";
  std::string bug;
  std::string file;  // cluster.toml; "" = the embedded default
  Engines engines;
  bool keep = false;
};

class Cluster {
 public:
  // Starts a cluster and waits until every role is filled and all members are in sync.
  static rt::Task<Result<std::unique_ptr<Cluster>>> up(UpOptions options);
  // Uses a cluster that runs already. kNotFound, kInvalid: as `multiaz endpoints` reports it.
  static rt::Task<Result<std::unique_ptr<Cluster>>> attach(std::string name);
  explicit Cluster(ClusterFacts facts)
      : facts_(std::move(facts)), control_(facts_.api, facts_.token) {}
  // Stops the cluster; an error when something is left behind.
  rt::Task<Status> down();

  [[nodiscard]] const ClusterFacts& facts() const { return facts_; }
  // The part of the cluster that only the control plane knows and does.
  ControlApi& control() { return control_; }
  // Memory of all processes together: PSS from /proc, in MiB.
  rt::Task<uint64_t> memory_mb();
  [[nodiscard]] int orchestrator_now() const;  // pid of the present one; 0 between two

  // --- The control plane answers these; while it is away, its last known state does
  // (cluster_away.cc).
  rt::Task<Result<std::vector<Instance>>> instances();
  rt::Task<Result<std::vector<std::string>>> resolve(std::string target);
  // While the control plane is away, chaos sends the signal itself, and restart is kUnavailable.
  rt::Task<Result<std::vector<Hit>>> signal(std::string verb, std::string target);
  // Until the stop, keeps the instances that `targets` name known, for the time when the control
  // plane is away. Without targets it does nothing.
  rt::Task<void> keep_known(std::vector<std::string> targets, rt::Stop& stop);

 private:
  std::vector<int> processes() const;  // pids of the supervisor's present processes
  bool control_runs() const;           // its process: one that is stopped or gone gives no answer
  Result<std::vector<std::string>> last_named(const std::string& target) const;
  rt::Task<Result<std::vector<Hit>>> signal_by_hand(std::string verb, std::string target);

  ClusterFacts facts_;
  ControlApi control_;
  std::vector<Instance> known_;                            // as of the last successful query
  std::map<std::string, std::vector<std::string>> named_;  // by target, likewise
};

// Sends SIGKILL, SIGSTOP or SIGCONT from this process and waits until the process is seen to have
// obeyed: `verified`. Nothing is sent to a pid of 0 or 1.
rt::Task<Hit> signal_and_see(std::string id, int pid, int signum);

// The running program's folder, in which the sibling binaries are.
std::string program_folder();

struct CommandResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};
rt::Task<Result<CommandResult>> run_command(std::vector<std::string> argv);

}  // namespace multiaz::chaos
