// Cluster: the running cluster as chaos sees it, through the command line (up, down) and the
// orchestrator's HTTP API (everything else). Nothing here knows a daemon's insides.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/http/client.h"
#include "base/rt/address.h"
#include "base/rt/stop.h"
#include "base/rt/task.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Whose servers keep the data; "" = as the cluster's file says.
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

struct Instance {
  std::string id, tier, zone, role, address, state;
  uint16_t port = 0;
  int pid = 0;
  uint64_t epoch = 0;
};

struct MayConnect {
  bool allowed = false;
  std::string because;
};

struct Health {
  bool healthy = false;
  std::string reasons;
};

class Cluster {
 public:
  // Starts a cluster and waits until every role is filled and in sync.
  static rt::Task<Result<std::unique_ptr<Cluster>>> up(UpOptions options);
  // One that runs already. kNotFound, kInvalid: as `multiaz endpoints` says it.
  static rt::Task<Result<std::unique_ptr<Cluster>>> attach(std::string name);
  // Stops it; an error when something is left behind.
  rt::Task<Status> down();

  const std::string& name() const { return options_.name; }
  const std::string& run_dir() const { return run_dir_; }
  const std::string& summary() const { return summary_; }  // what `up --json` printed
  rt::Address shop() const { return shop_; }
  const std::string& shop_url() const { return shop_url_; }
  uint64_t start_ms() const { return start_ms_; }
  int orchestrator_now() const;  // pid of the one that lives; 0 between two
  rt::Address api() const { return api_; }
  const std::string& token() const { return token_; }
  // "cache", "db", "db_reader", ...: the URL for clients, with the password; "" when there is none.
  std::string endpoint(const std::string& name) const;
  // Where it is; nothing when there is no such endpoint.
  std::optional<rt::Address> address_of(const std::string& endpoint_name) const;

  // As they are; as they were last known while the control plane is away (cluster_away.cc).
  rt::Task<Result<std::vector<Instance>>> instances();
  rt::Task<Health> health();
  rt::Task<Result<Roster>> roster();  // who is planned
  rt::Task<Result<std::vector<Event>>> events_since(uint64_t seq);
  // Memory of all processes together: PSS from /proc, in MiB.
  rt::Task<uint64_t> memory_mb();

  // `verb`: kill, stop, cont, restart. While the control plane is away by our own hand, and then
  // restart is kUnavailable.
  rt::Task<Result<std::vector<Hit>>> signal(std::string verb, std::string target);
  // Cuts a from b, both ways. Returns the fault's id.
  rt::Task<Result<std::string>> cut(std::string a, std::string b, uint64_t for_ms,
                                    std::string owner);
  // Any fault of the API, as JSON. Returns its id.
  rt::Task<Result<std::string>> place(std::string order);
  // Any order or reading of the API; the body of the answer. kConflict with the answer's text.
  rt::Task<Result<std::string>> call(std::string method, std::string path, std::string body);
  // All counters of one instance's last report; none when there is no such instance.
  rt::Task<std::map<std::string, uint64_t>> counters(std::string id);
  // The instances that a target names; who it named last while the control plane is away.
  rt::Task<Result<std::vector<std::string>>> resolve(std::string target);
  // Keeps what `targets` name known until the stop, for the time when the control plane is away.
  // Without targets it does nothing.
  rt::Task<void> keep_known(std::vector<std::string> targets, rt::Stop& stop);
  // A counter of one instance, of its last report; 0 when there is none.
  rt::Task<uint64_t> counter(std::string id, std::string name);
  // What the security groups say; `from` is an address, `to` an instance.
  rt::Task<Result<MayConnect>> may_connect(std::string from, std::string to, uint16_t port);
  rt::Task<Status> failover(std::string group, std::string to);
  rt::Task<Result<std::vector<Hit>>> zone_down(std::string zone, uint64_t for_ms);
  // down, up, cut, slow, heal, shift, unshift; 0 = until ordered otherwise. The answer's body.
  rt::Task<Result<std::string>> order_zone(std::string zone, std::string action,
                                           uint64_t for_ms = 0, uint64_t delay_ms = 0);

 private:
  Status read_summary(const std::string& output);
  std::vector<int> processes() const;  // pids of what the supervisor runs now
  bool control_runs() const;           // its process: one that is stopped or gone answers nobody
  Result<std::vector<std::string>> last_named(const std::string& target) const;
  rt::Task<Result<std::vector<Hit>>> signal_by_hand(std::string verb, std::string target);

  UpOptions options_;
  std::string run_dir_, summary_, token_, shop_url_;
  rt::Address api_, shop_;
  uint64_t start_ms_ = 0;
  int supervisor_pid_ = 0;
  std::map<std::string, std::string> endpoints_;
  std::vector<Instance> known_;                            // when it was last asked
  std::map<std::string, std::vector<std::string>> named_;  // by target, likewise
  http::Client client_{http::ClientConfig()};
};

// Sends SIGKILL, SIGSTOP or SIGCONT by our own hand and waits until the process is seen to have
// obeyed: `verified`. Nothing is sent to a pid of 0 or 1.
rt::Task<Hit> signal_and_see(std::string id, int pid, int signum);

// The running program's folder: the sibling binaries are there.
std::string program_folder();

struct CommandResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};
rt::Task<Result<CommandResult>> run_command(std::vector<std::string> argv);

}  // namespace multiaz::chaos
