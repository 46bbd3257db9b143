#include "dbnode/node.h"

#include <cstdlib>
#include <optional>

#include "base/core/descriptors.h"
#include "base/core/log.h"
#include "base/rt/nursery.h"
#include "base/tls/files.h"
#include "dbnode/pg_binary.h"

namespace multiaz::dbnode {

using replication::Role;
using rt::Task;

namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<uint64_t> parse_limit(const char* flag, const std::string& text, int64_t maximum) {
  const auto value = parse_integer(text);
  if (value && *value >= 1 && *value <= maximum) return static_cast<uint64_t>(*value);
  return Error(Code::kInvalid, std::string(flag) + ": a number from 1 to " +
                                   std::to_string(maximum) + ", not \"" + text + "\"");
}

Status set_tls(const NodeLimits& limits, const std::string& ticket_secret, ServerConfig& config) {
  if (limits.force_ssl != "on" && limits.force_ssl != "off") {
    return Error(Code::kInvalid, "--force-ssl: on or off, not \"" + limits.force_ssl + "\"");
  }
  config.force_ssl = limits.force_ssl == "on";
  auto identities = tls::read_identities(limits.tls_cert, limits.tls_key);
  if (!identities) return identities.error();
  if (identities->empty()) identities = tls::identity_of_tier("db");
  if (identities->empty()) {
    if (!config.force_ssl) return Status();
    return Error(Code::kInvalid, "--force-ssl: TLS needs --tls-cert and --tls-key");
  }
  auto context = tls::Context::server({std::move(*identities), {}, ticket_secret});
  if (!context) return Error(Code::kInvalid, "--tls-cert: " + context.error().detail);
  config.tls = std::move(*context);
  return Status();
}

}  // namespace

Node::Node(const agent::DaemonOptions& options) : options_(options) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::open(const agent::DaemonOptions& options,
                                         const NodeLimits& limits) {
  std::unique_ptr<Node> node(new Node(options));
  const auto size_mib = parse_limit("--size-limit", limits.size_mib, 1024);
  if (!size_mib) return size_mib.error();
  const auto connections = parse_limit("--max-connections", limits.connections, 10'000);
  if (!connections) return connections.error();
  const auto statement_mib = parse_limit("--statement-memory", limits.statement_mib, 256);
  if (!statement_mib) return statement_mib.error();
  store::set_connection_bytes_max(static_cast<int64_t>(*statement_mib << 20));
  node->database_ = std::make_unique<Database>(*size_mib << 20);
  auto listener = rt::Listener::bind(options.self);
  if (!listener) return listener.error();
  node->listener_ = std::move(*listener);
  node->address_ = node->listener_->address();
  const Status opened = node->open_group();
  if (!opened) return opened.error();

  ServerConfig config;
  config.id = options.id;
  config.zone = options.zone;
  config.clients_max = clients_within(*connections);
  const Status secured = set_tls(limits, options.key_hex, config);
  if (!secured) return secured.error();
  config.password = from_environment("MULTIAZ_DB_PASSWORD");
  if (config.password.empty()) {
    log::warn("MULTIAZ_DB_PASSWORD is not set: anybody may log in");
  }
  replication::Group& group = node->member_ ? static_cast<replication::Group&>(*node->member_)
                                            : static_cast<replication::Group&>(*node->solo_);
  node->server_ = std::make_unique<Server>(std::move(config), *node->database_, group);
  node->database_->on_role([node = node.get()](Role role, Epoch epoch, std::string_view reason) {
    log::info("role " + std::string(to_string(role)) + ", epoch " + std::to_string(epoch.raw) +
              ": " + std::string(reason));
    node->server_->role_changed(role);
    if (node->agent_) node->agent_->report_now();
  });
  return node;
}

Status Node::open_group() {
  const auto bug = options_.bug.empty() ? std::optional(replication::Bug::kNone)
                                        : replication::bug_from(options_.bug);
  if (!bug) return Error(Code::kInvalid, "--bug: unknown name \"" + options_.bug + "\"");
  if (!options_.control) {
    if (*bug != replication::Bug::kNone) {
      return Error(Code::kInvalid, "--bug needs --control: it is the group's mistake");
    }
    if (!options_.data.empty()) log::warn("--data is not used without --control");
    solo_ = std::make_unique<replication::SoloGroup>(*database_);
    return {};
  }
  replication::MemberConfig config;
  config.group = "db";
  config.cluster = options_.cluster;
  config.key_hex = options_.key_hex;
  config.id = NodeId(options_.id);
  config.launch = replication::Launch(options_.launch);
  config.address = rt::make_address(options_.self.ip, replication::kReplicationPort);
  config.data_dir = options_.data;
  config.durability =
      options_.data.empty() ? replication::Durability::kMemory : replication::Durability::kDisk;
  const auto timings = replication::timings_for(options_.profile);
  if (!timings) return timings.error();
  config.timings = *timings;
  config.bug = *bug;
  config.set_damage_aside = true;  // the others have it all
  replication::MemberHooks hooks;
  hooks.request_view = [this](const wire::ViewRequest& request) {
    return agent_ && agent_->request_view(request);
  };
  hooks.ack_view = [this](const wire::ViewAck& ack) { return agent_ && agent_->ack_view(ack); };
  hooks.snapshot_taken = [this](const wire::SnapshotTaken& taken) {
    return agent_ && agent_->snapshot_taken(taken);
  };
  hooks.event = [this](std::string kind, std::string text) {
    if (agent_) agent_->event(std::move(kind), std::move(text));
  };
  hooks.report = [this] {
    if (agent_) agent_->report_now();
  };
  auto member = replication::Member::open(std::move(config), *database_, std::move(hooks));
  if (!member) return member.error();
  member_ = std::move(*member);
  connect_agent();
  return {};
}

void Node::connect_agent() {
  agent::AgentConfig config = agent::agent_config(options_, "db");
  config.incarnation = member_->incarnation().raw;
  agent::AgentHandlers handlers;
  handlers.status = [this] { return status(); };
  handlers.on_view = [this](const wire::ViewUpdate& view) { member_->on_view(view); };
  handlers.on_hand_over = [this](const wire::HandOver& order) { member_->on_hand_over(order); };
  handlers.on_take_snapshot = [this](const wire::TakeSnapshot& order) {
    member_->on_take_snapshot(order);
  };
  agent_ = std::make_unique<agent::Agent>(std::move(config), std::move(handlers));
}

wire::StatusReport Node::status() const {
  wire::StatusReport report;
  report.state = "ready";
  report.health = server_->health();
  member_->fill(report);
  const ServerCounters& counters = server_->counters();
  report.counters["sessions"] = server_->sessions();
  report.counters["sessions_total"] = counters.sessions_total;
  report.counters["statements"] = counters.statements;
  report.counters["commits"] = counters.commits;
  report.counters["commits_in_doubt"] = counters.commits_in_doubt;
  report.counters["statements_cancelled"] = counters.statements_cancelled;
  report.counters["clients_refused"] = counters.clients_refused;
  report.counters["writers_waiting"] = database_->writer().waiting();
  report.counters["page_versions"] = database_->store().versions();
  return report;
}

Task<Status> Node::run(rt::Stop& stop) {
  // The group outlives the sessions: those that wait for a commit still get their answer. The
  // agent outlives the group: it tells until when that served.
  rt::Stop group_stop, agent_stop;
  rt::Nursery group, control;
  if (member_) {
    group.spawn("member", run_member(group_stop));
    control.spawn("agent", run_agent(agent_stop));
  }
  rt::Stop server_stop;
  const rt::Stop::Ticket ticket = stop.add([&server_stop] { server_stop.request(); });
  const rt::Stop::Ticket failed = group_stop.add([&server_stop] { server_stop.request(); });
  co_await run_server(server_stop);
  stop.remove(ticket);
  group_stop.remove(failed);
  group_stop.request();
  co_await group.join();
  agent_stop.request();
  co_await control.join();
  co_return outcome_;
}

Task<void> Node::run_member(rt::Stop& stop) {
  outcome_ = co_await member_->run(stop);
  if (!outcome_) stop.request();  // the storage failed: nothing may be served any more
}

Task<void> Node::run_agent(rt::Stop& stop) {
  co_await agent_->run(stop);
}

Task<void> Node::run_server(rt::Stop& stop) {
  co_await server_->run(std::move(listener_), stop);
}

}  // namespace multiaz::dbnode
