// lb: one node of the load balancer.
//
//   lb --id lb-a1 --zone az-a --address 127.20.1.11 --control 127.20.0.2:7071   (in a cluster)
//   lb --target 127.0.0.1:8081,127.0.0.1:8082 --port 8080                       (standalone)
//   lb --config balancer.json --port 8080                                       (standalone)
//   ... --https-port 8443 --tls-cert cert.pem --tls-key key.pem                 (HTTPS as well)

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/agent/agent.h"
#include "base/agent/options.h"
#include "base/core/log.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "lb/node.h"
#include "lb/node_options.h"

namespace multiaz::lb {
namespace {

rt::Task<int> serve(agent::DaemonOptions options, NodeOptions extra) {
  std::unique_ptr<AccessLog> access_log;
  if (!extra.access_log.empty()) {
    auto opened = AccessLog::open(extra.access_log, "app/shop/" + options.id);
    if (!opened) co_return agent::bad_start(options, opened.error());
    access_log = std::move(*opened);
  }
  auto listeners = open_listeners(options, extra);
  if (!listeners) co_return agent::bad_start(options, listeners.error());

  std::unique_ptr<agent::Agent> agent;
  const auto on_event = [&agent](std::string kind, std::string text, std::string target) {
    log::info(text);
    wire::Texts fields;
    fields["target"] = std::move(target);
    if (agent) agent->event(std::move(kind), std::move(text), std::move(fields));
  };
  Node node(node_config(options, extra), std::move(access_log), on_event);
  rt::Nursery nursery;
  if (options.control) {
    agent::AgentHandlers handlers;
    handlers.status = [&node] { return node.status(); };
    handlers.on_topology = [&node](const wire::TopologyUpdate& now) { node.take_topology(now); };
    handlers.on_drain = [&node] { node.drain(); };
    agent = std::make_unique<agent::Agent>(agent::agent_config(options, "lb"), handlers);
    nursery.spawn("agent", agent->run(nursery.stopping()));
  }
  if (extra.document) node.take_document(std::move(*extra.document));
  node.set_targets(extra.targets);
  const rt::SignalWatch on_term(SIGTERM, [&node] { node.drain(); });
  const rt::SignalWatch on_int(SIGINT, [&node] { node.drain(); });
  const rt::Address own = listeners->plain.front()->address();
  for (auto& listener : listeners->plain) node.listen(std::move(listener));
  for (auto& listener : listeners->tls) node.listen_tls(std::move(listener), extra.tls);
  agent::print_ready(options, "lb", own);
  co_await node.join();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

int main_with(int argc, char** argv) {
  NodeFlags flags;
  const auto parsed = agent::parse_options(argc, argv, "lb", 8080, flags.extra_options());
  if (parsed.exit_code) return *parsed.exit_code;
  const auto extra = flags.interpret(parsed.options);
  if (!extra) return agent::bad_start(parsed.options, extra.error());
  return rt::run(serve(parsed.options, *extra));
}

}  // namespace
}  // namespace multiaz::lb

int main(int argc, char** argv) {
  return multiaz::lb::main_with(argc, argv);
}
