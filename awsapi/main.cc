// awsapi: the AWS APIs that clients call. See README.md.
//
//   awsapi --id awsapi-1 --address 127.20.0.9 --control 127.20.0.2:7071      (in a cluster)
//   DATABASE_URL=postgresql://... AWS_SECRET_ACCESS_KEY=... awsapi           (anywhere)
#include <csignal>
#include <cstdlib>

#include "awsapi/node.h"
#include "base/agent/options.h"
#include "base/rt/loop.h"

namespace multiaz::awsapi {
namespace {

constexpr uint16_t kPort = 4566;

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

rt::Task<int> serve(agent::DaemonOptions options, NodeOptions extra) {
  Node node(std::move(options), std::move(extra));
  const int code = co_await node.run();
  co_return code;
}

int main_with(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto parsed = agent::parse_options(argc, argv, "awsapi", kPort);
  if (parsed.exit_code) return *parsed.exit_code;
  NodeOptions extra;
  extra.database_url = from_environment("DATABASE_URL");
  extra.database_replica_url = from_environment("DATABASE_REPLICA_URL");
  extra.secret = from_environment("MULTIAZ_AWS_SECRET");
  if (extra.database_url.empty()) {
    return agent::bad_start(parsed.options, Error(Code::kInvalid, "DATABASE_URL is missing"));
  }
  return rt::run(serve(parsed.options, std::move(extra)));
}

}  // namespace
}  // namespace multiaz::awsapi

int main(int argc, char** argv) {
  return multiaz::awsapi::main_with(argc, argv);
}
