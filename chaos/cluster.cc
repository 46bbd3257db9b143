#include "chaos/cluster.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/paths.h"
#include "base/rt/process.h"

namespace multiaz::chaos {

rt::Task<Result<std::unique_ptr<Cluster>>> Cluster::up(UpOptions options) {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "up"};
  if (!options.file.empty()) argv.push_back(options.file);
  for (const char* flag : {"--json", "--wait", "healthy", "--name"}) argv.push_back(flag);
  argv.push_back(options.name);
  for (const auto& [flag, value] :
       {std::pair<std::string, std::string>{"--profile", options.profile},
        {"--bug", options.bug},
        {"--cache-engine", options.engines.cache},
        {"--db-engine", options.engines.db},
        {"--die-with", options.keep ? "" : std::to_string(getpid())}}) {
    if (!value.empty()) argv.insert(argv.end(), {flag, value});
  }
  auto started = co_await run_command(argv);
  if (!started) co_return started.error();
  if (started->exit_code != 0) {
    const Code code = started->exit_code == 254 ? Code::kInvalid : Code::kUnavailable;
    co_return Error(code, started->output);
  }
  auto facts = read_facts(started->output);
  if (!facts) co_return facts.error();
  facts->name = options.name;
  co_return std::make_unique<Cluster>(std::move(*facts));
}

rt::Task<Result<std::unique_ptr<Cluster>>> Cluster::attach(std::string name) {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "describe", "--json"};
  if (!name.empty()) argv.insert(argv.end(), {"--name", name});
  auto described = co_await run_command(argv);
  if (!described) co_return described.error();
  if (described->exit_code != 0) co_return Error(Code::kNotFound, described->output);
  auto facts = read_facts(described->output);
  if (!facts) co_return facts.error();
  co_return std::make_unique<Cluster>(std::move(*facts));
}

rt::Task<Status> Cluster::down() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "down", "--name", facts_.name};
  auto stopped = co_await run_command(argv);
  if (!stopped) co_return stopped.error();
  if (stopped->exit_code != 0) co_return Error(Code::kInternal, stopped->output);
  if (path_exists(facts_.run_dir)) {
    co_return Error(Code::kInternal, facts_.run_dir + " was left behind");
  }
  co_return Status();
}

std::vector<int> Cluster::processes() const {
  const std::string self = std::to_string(facts_.supervisor_pid);
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  std::vector<int> out;
  for (int pid = 0; children >> pid;) out.push_back(pid);
  return out;
}

int Cluster::orchestrator_now() const {
  for (const int pid : processes()) {
    std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    comm >> name;
    if (name == "orchestrator" && !rt::process_gone(pid)) return pid;
  }
  return 0;
}

rt::Task<uint64_t> Cluster::memory_mb() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "stats", "--json", "--name",
                                   facts_.name};
  auto stats = co_await run_command(argv);
  if (!stats) co_return 0;
  const auto answer = jsonio::parse(stats->output);
  co_return answer ? static_cast<uint64_t>(jsonio::number_in(*answer, "memory_mb") + 0.5) : 0;
}

}  // namespace multiaz::chaos
