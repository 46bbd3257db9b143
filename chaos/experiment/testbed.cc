#include "chaos/experiment/testbed.h"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <utility>

#include "chaos/checkers/verdict.h"

namespace multiaz::chaos {

TestbedOptions running_cluster(const std::string& name) {
  TestbedOptions out;
  out.attach = true;
  out.up.name = name;
  return out;
}

Testbed::Testbed(std::function<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)),
      on_int_(SIGINT, [this] { interrupt(); }),
      on_term_(SIGTERM, [this] { interrupt(); }) {}

void Testbed::interrupt() {
  interrupted_ = true;
  stop_.request();
  if (on_interrupt_) on_interrupt_();
}

rt::Task<Status> Testbed::begin(TestbedOptions options) {
  keep_ = options.attach || options.up.keep;
  if (!options.topology.empty()) {
    options.up.file = "/tmp/multiaz-topology-" + std::to_string(getpid()) + ".toml";
    std::ofstream(options.up.file) << options.topology;
  }
  auto begun =
      options.attach ? co_await Cluster::attach(options.up.name) : co_await Cluster::up(options.up);
  if (!options.topology.empty()) ::unlink(options.up.file.c_str());
  if (!begun) co_return begun.error();
  cluster_ = std::move(*begun);
  events_ = std::make_unique<Events>(*cluster_);
  auto guardian = Guardian::start(*cluster_);
  if (guardian) {
    guardian_ = std::move(*guardian);
    co_return Status();
  }
  (void)co_await leave();
  co_return guardian.error();
}

rt::Task<Status> Testbed::leave() {
  guardian_.reset();
  if (!cluster_ || keep_) co_return Status();
  keep_ = true;
  co_return co_await cluster_->down();
}

void say(std::FILE* out, const std::string& line) {
  std::fprintf(out, "%s\n", line.c_str());
  std::fflush(out);
}

int complain_about(const Error& error) {
  say(stderr, error.detail);
  const bool input = error.code == Code::kInvalid || error.code == Code::kNotFound;
  return input ? kExitBadInput : exit_code(Ruling::kUnhealthy);
}

}  // namespace multiaz::chaos
