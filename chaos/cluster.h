// Cluster: the running cluster as chaos sees it, through the command line (up, down) and the
// orchestrator's HTTP API (everything else). Nothing here knows a daemon's insides.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/http/client.h"
#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::chaos {

struct UpOptions {
  std::string name;
  std::string profile = "fast";
  std::string bug;
  std::string file;  // cluster.toml; "" = the embedded default
  bool keep = false;
};

// One process that a fault was meant for.
struct Hit {
  std::string id;
  int pid = 0;
  Nanos at = 0;           // when the system call had returned
  bool verified = false;  // seen in /proc: gone, or stopped
};

struct Instance {
  std::string id, tier, zone, role, address, state;
  int pid = 0;
  uint64_t epoch = 0;
};

struct Event {
  uint64_t seq = 0;
  Nanos at = 0;
  std::string kind, source, target, text;
};

struct Health {
  bool healthy = false;
  std::string reasons;
};

class Cluster {
 public:
  // Starts a cluster and waits until every role is filled and in sync.
  static rt::Task<Result<std::unique_ptr<Cluster>>> up(UpOptions options);
  // Stops it; an error when something is left behind.
  rt::Task<Status> down();

  const std::string& name() const { return options_.name; }
  const std::string& run_dir() const { return run_dir_; }
  const std::string& summary() const { return summary_; }  // what `up --json` printed
  rt::Address shop() const { return shop_; }
  const std::string& shop_url() const { return shop_url_; }
  uint64_t start_ms() const { return start_ms_; }
  int orchestrator_pid() const { return orchestrator_pid_; }  // as of up()

  rt::Task<Result<std::vector<Instance>>> instances();
  rt::Task<Health> health();
  rt::Task<Result<std::vector<Event>>> events_since(uint64_t seq);
  // Memory of all processes together: PSS from /proc, in MiB.
  rt::Task<uint64_t> memory_mb();

  // `verb`: kill, stop, cont, restart.
  rt::Task<Result<std::vector<Hit>>> signal(std::string verb, std::string target);
  // Cuts a from b, both ways. Returns the fault's id.
  rt::Task<Result<std::string>> cut(std::string a, std::string b, uint64_t for_ms);
  // A counter of one instance, of its last report; 0 when there is none.
  rt::Task<uint64_t> counter(std::string id, std::string name);
  // Bytes that cut links have held back in one instance so far.
  rt::Task<uint64_t> bytes_held(std::string id);
  rt::Task<Status> failover(std::string group, std::string to);
  rt::Task<Result<std::vector<Hit>>> zone_down(std::string zone, uint64_t for_ms);

 private:
  rt::Task<Result<std::string>> call(std::string method, std::string path, std::string body);
  Status read_summary(const std::string& output);

  UpOptions options_;
  std::string run_dir_, summary_, token_, shop_url_;
  rt::Address api_, shop_;
  uint64_t start_ms_ = 0;
  int orchestrator_pid_ = 0;
  http::Client client_{http::ClientConfig()};
};

// The running program's folder: the sibling binaries are there.
std::string program_folder();

struct CommandResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};
rt::Task<Result<CommandResult>> run_command(std::vector<std::string> argv);

}  // namespace multiaz::chaos
