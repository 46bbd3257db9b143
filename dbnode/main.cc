// dbnode: one database instance. See README.md.
#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/agent/options.h"
#include "base/core/log.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "dbnode/node.h"

namespace multiaz::dbnode {
namespace {

rt::Task<int> run(agent::DaemonOptions options, NodeLimits limits) {
  auto node = Node::open(options, limits);
  if (!node) co_return agent::bad_start(options, node.error());
  rt::Stop stop;
  rt::SignalWatch terminate(SIGTERM, [&stop] { stop.request(); });
  rt::SignalWatch interrupt(SIGINT, [&stop] { stop.request(); });
  agent::print_ready(options, "db", (*node)->address());
  const Status ran = co_await (*node)->run(stop);
  if (ran) co_return 0;
  log::error("stopping: " + ran.error().text());
  agent::end_failed();
}

}  // namespace
}  // namespace multiaz::dbnode

int main(int argc, char** argv) {
  multiaz::dbnode::NodeLimits limits;
  std::vector<multiaz::agent::ExtraOption> extra(6);
  extra[0] = {"size-limit", "database size in MiB, 1 to 1024", &limits.size_mib};
  extra[1] = {"max-connections", "clients at a time, 1 to 10000", &limits.connections};
  extra[2] = {"statement-memory", "MiB for each client's statement, 1 to 256",
              &limits.statement_mib};
  extra[3] = {"tls-cert", "certificates in PEM form, FILE[,FILE...]; by name, the first is the default",
              &limits.tls_cert};
  extra[4] = {"tls-key", "their private keys, FILE[,FILE...]", &limits.tls_key};
  extra[5] = {"force-ssl", "on: refuse log-ins without TLS, as rds.force_ssl", &limits.force_ssl};
  auto parsed = multiaz::agent::parse_options(argc, argv, "db", 5432, std::move(extra));
  if (parsed.exit_code) return *parsed.exit_code;
  return multiaz::rt::run(multiaz::dbnode::run(parsed.options, limits));
}
