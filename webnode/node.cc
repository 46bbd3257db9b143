#include "webnode/node.h"

#include <csignal>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "clients/source_address.h"
#include "webnode/settings.h"
#include "webnode/shop/counters.h"
#include "webnode/shop/schema.h"

namespace multiaz::webnode {

namespace {

constexpr size_t kConnectionsMax = 1024;
constexpr size_t kRequestBodyBytesMax = 64 << 10;

http::ServerConfig server_config() {
  http::ServerConfig config;
  config.connections_max = kConnectionsMax;
  config.body_bytes_max = kRequestBodyBytesMax;
  config.server_name = "";
  return config;
}

}  // namespace

Node::Node(agent::DaemonOptions options, ShopConfig config)
    : options_(std::move(options)),
      shop_(std::move(config)),
      app_(shop_),
      server_(server_config(),
              [this](http::Request request) { return app_.handle(std::move(request)); }) {}

rt::Task<int> Node::run() {
  auto listener = rt::Listener::bind(options_.self);
  if (!listener) co_return agent::bad_start(options_, listener.error());
  const rt::Address listening = (*listener)->address();
  server_.listen(std::move(*listener));

  if (options_.control) connect_from(options_.self.ip);  // peers know an instance by its address
  rt::Nursery nursery;
  shop_.cache.start(nursery);
  shop_.db.start(nursery);
  const uint64_t patience_ms = schema_patience_ms(options_.id, options_.zone);
  nursery.spawn("schema", ensure_schema(shop_, patience_ms, nursery.stopping()));
  if (options_.control) {
    agent::AgentHandlers handlers;
    handlers.status = [this] { return status(); };
    handlers.on_topology = [this](const wire::TopologyUpdate& now) { take_topology(now); };
    handlers.on_drain = [this] { drain(); };
    agent_ = std::make_unique<agent::Agent>(agent::agent_config(options_, "web"), handlers);
    nursery.spawn("agent", agent_->run(nursery.stopping()));
  }
  const rt::SignalWatch on_term(SIGTERM, [this] { drain(); });
  const rt::SignalWatch on_int(SIGINT, [this] { drain(); });
  agent::print_ready(options_, "web", listening);
  co_await server_.join();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

void Node::drain() {
  if (shop_.draining) return;
  shop_.draining = true;
  log::info("draining");
  server_.drain();
}

wire::StatusReport Node::status() const {
  wire::StatusReport report;
  report.state = shop_.schema_seen ? "ready" : "starting";
  if (shop_.draining) report.state = "draining";
  report.health = "healthy";
  report.serving = shop_.schema_seen && !shop_.draining;
  report.topology_version = topology_version_;
  report.counters = shop_counters(shop_);
  report.counters["connections"] = server_.connections();
  return report;
}

// When a group has another primary, connections to the old one may hang on a stopped process, so
// they are dropped at once. Requests in flight are sent again.
void Node::take_topology(const wire::TopologyUpdate& now) {
  topology_version_ = now.version;
  for (const wire::GroupInfo& group : now.groups) {
    std::string& known = primaries_[group.name];
    const bool moved = !known.empty() && known != group.primary;
    if (!group.primary.empty()) known = group.primary;
    if (!moved || group.primary.empty()) continue;
    log::info(group.name + ": the primary is now " + group.primary);
    if (group.name == "cache") shop_.cache.drop("another primary");
    if (group.name == "db") shop_.db.drop_primary();
  }
}

}  // namespace multiaz::webnode
