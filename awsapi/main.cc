// awsapi: the AWS APIs that clients call. See README.md.
//
//   awsapi --id awsapi-1 --address 127.20.0.9 --control 127.20.0.2:7071      (in a cluster)
//   DATABASE_URL=postgresql://... AWS_SECRET_ACCESS_KEY=... awsapi           (anywhere)
//
// In a cluster the secret is MULTIAZ_AWS_SECRET; elsewhere AWS's own variables count:
// AWS_SECRET_ACCESS_KEY, AWS_ACCESS_KEY_ID and AWS_REGION. Without a secret it does not start,
// unless --no-auth says that every client is accepted.
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

AuthRules auth_from_environment() {
  AuthRules rules;
  rules.secret = from_environment("MULTIAZ_AWS_SECRET");
  if (!rules.secret.empty()) return rules;
  rules.secret = from_environment("AWS_SECRET_ACCESS_KEY");
  const std::string key = from_environment("AWS_ACCESS_KEY_ID");
  if (!key.empty()) rules.access_key = key;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    const std::string region = from_environment(name);
    if (region.empty()) continue;
    rules.region = region;
    break;
  }
  return rules;
}

Status check_secret(const AuthRules& rules) {
  if (rules.required && rules.secret.empty()) {
    return Error(Code::kInvalid,
                 "no secret: set AWS_SECRET_ACCESS_KEY (in a cluster MULTIAZ_AWS_SECRET), or say "
                 "--no-auth to accept every client");
  }
  if (!rules.required && !rules.secret.empty()) {
    return Error(Code::kInvalid, "--no-auth and a secret in the environment contradict each other");
  }
  return Status();
}

rt::Task<int> serve(agent::DaemonOptions options, NodeOptions extra) {
  Node node(std::move(options), std::move(extra));
  const int code = co_await node.run();
  co_return code;
}

int main_with(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  bool no_auth = false;
  const agent::ExtraOption no_auth_option = {
      "no-auth", "accept every client, signed or not (only without a secret)", nullptr, &no_auth};
  const auto parsed = agent::parse_options(argc, argv, "awsapi", kPort, {no_auth_option});
  if (parsed.exit_code) return *parsed.exit_code;
  NodeOptions extra;
  extra.database_url = from_environment("DATABASE_URL");
  extra.database_replica_url = from_environment("DATABASE_REPLICA_URL");
  extra.auth = auth_from_environment();
  extra.auth.required = !no_auth;
  const Status secret = check_secret(extra.auth);
  if (!secret) return agent::bad_start(parsed.options, secret.error());
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
