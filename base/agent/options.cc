#include "base/agent/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/core/private_files.h"

namespace multiaz::agent {

namespace {

constexpr int kExitBadInput = 254;

std::string from_environment(const char* name, std::string otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : std::move(otherwise);
}

struct RawOptions {
  std::string address = "127.0.0.1";
  std::string control;
  uint16_t port = 0;
};

Status interpret(const RawOptions& raw, DaemonOptions& options) {
  const auto self = rt::parse_address(raw.address, raw.port);
  if (!self) return Error(Code::kInvalid, "--address: " + self.error().detail);
  options.self = *self;
  if (!raw.control.empty()) {
    const auto control = rt::parse_address(raw.control, 7071);
    if (!control) return Error(Code::kInvalid, "--control: " + control.error().detail);
    options.control = *control;
    if (options.key_hex.size() != 64) {
      return Error(Code::kInvalid,
                   "--control needs MULTIAZ_KEY, 64 hex digits, in the environment");
    }
  }
  return Status();
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv, std::string tier, uint16_t port_default,
                            std::vector<ExtraOption> extra) {
  keep_files_private();  // here, so that no daemon can forget it
  ParsedOptions parsed;
  DaemonOptions& options = parsed.options;
  RawOptions raw;
  raw.port = port_default;
  options.id = tier + "-1";
  options.cluster = from_environment("MULTIAZ_CLUSTER", "standalone");
  options.key_hex = from_environment("MULTIAZ_KEY", "");
  CLI::App app("multiaz " + tier + ": one instance");
  app.add_option("--id", options.id, "name of this instance")->capture_default_str();
  app.add_option("--zone", options.zone, "availability zone")->capture_default_str();
  app.add_option("--address", raw.address, "own IPv4 address[:port]")->capture_default_str();
  app.add_option("--port", raw.port, "port; 0 = any free one")->capture_default_str();
  app.add_option("--control", raw.control, "the orchestrator's address; none = standalone");
  app.add_option("--data", options.data, "data folder; none = memory only");
  app.add_option("--launch", options.launch, "launch number given by the orchestrator");
  app.add_option("--profile", options.profile, "timings")
      ->check(CLI::IsMember({"fast", "aws"}))
      ->capture_default_str();
  app.add_option("--bug", options.bug, "deliberate mistake, for teaching and tests");
  app.add_option("--log-level", options.log_level, "log level")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  for (const ExtraOption& one : extra) {
    if (one.value) app.add_option("--" + one.name, *one.value, one.help)->capture_default_str();
    if (one.flag) app.add_flag("--" + one.name, *one.flag, one.help);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    parsed.exit_code = code == 0 ? 0 : kExitBadInput;
    return parsed;
  }
  const Status good = interpret(raw, options);
  if (!good) {
    std::fprintf(stderr, "%s\n", good.error().detail.c_str());
    parsed.exit_code = kExitBadInput;
    return parsed;
  }
  log::start(options.id);
  log::set_level(options.log_level);
  return parsed;
}

AgentConfig agent_config(const DaemonOptions& options, std::string tier) {
  AgentConfig config;
  config.cluster = options.cluster;
  config.key_hex = options.key_hex;
  config.id = options.id;
  config.tier = std::move(tier);
  config.zone = options.zone;
  config.self = options.self;
  if (options.control) config.control = *options.control;
  config.launch = options.launch;
  return config;
}

void print_ready(const DaemonOptions& options, std::string_view tier, rt::Address listening) {
  nlohmann::json line;
  line["ready"] = true;
  line["id"] = options.id;
  line["tier"] = tier;
  line["zone"] = options.zone;
  line["address"] = listening.ip_text();
  line["port"] = listening.port;
  std::printf("%s\n", jsonio::dump(line).c_str());
  std::fflush(stdout);
}

int bad_start(const DaemonOptions& options, const Error& error) {
  std::fprintf(stderr, "%s: %s\n", options.id.c_str(), error.text().c_str());
  return error.code == Code::kInvalid ? kExitBadInput : 1;
}

void end_failed() {
  std::fflush(nullptr);
  ::_exit(1);
}

}  // namespace multiaz::agent
