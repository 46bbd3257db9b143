#include "cachenode/node.h"

#include <csignal>
#include <optional>
#include <utility>

#include "base/core/log.h"
#include "base/core/random.h"

namespace multiaz::cachenode {

namespace {

constexpr uint64_t kSeedOfKey = 0x63616368656e6f64;

// Secret, and the same on every member of the cluster: see keyspace/hash.h.
uint64_t keyspace_seed(const agent::DaemonOptions& options) {
  return options.key_hex.empty() ? secret_u64() : hash_bytes(options.key_hex, kSeedOfKey);
}

}  // namespace

Node::Node(NodeOptions options)
    : options_(std::move(options)),
      db_(keyspace_seed(options_.daemon), secret_u64()),
      machine_(db_) {}

Status Node::open() {
  replication::Group* group = nullptr;
  if (options_.daemon.control) {
    const Status opened = open_member();
    if (!opened) return opened;
    group = member_.get();
  } else {
    solo_ = std::make_unique<replication::SoloGroup>(machine_);
    machine_.role_changed(replication::Role::kPrimary, Epoch(1), "standalone");
    group = solo_.get();
    if (!options_.daemon.data.empty()) log::warn("--data is not used without --control");
  }
  server_ = std::make_unique<Server>(options_.settings, db_, machine_, *group);
  return server_->start(options_.daemon.self);
}

Status Node::open_member() {
  const agent::DaemonOptions& daemon = options_.daemon;
  const auto timings = replication::timings_for(daemon.profile);
  if (!timings) return timings.error();
  replication::MemberConfig config;
  config.group = "cache";
  config.cluster = daemon.cluster;
  config.key_hex = daemon.key_hex;
  config.id = NodeId(daemon.id);
  config.launch = replication::Launch(daemon.launch);
  config.address = rt::make_address(daemon.self.ip, replication::kReplicationPort);
  config.data_dir = daemon.data;
  config.durability = options_.durability;
  config.timings = *timings;
  config.bug = options_.bug;
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
    log::info(kind + ": " + text);
    if (agent_) agent_->event(std::move(kind), std::move(text));
  };
  hooks.report = [this] {
    if (agent_) agent_->report_now();
  };
  auto member = replication::Member::open(std::move(config), machine_, std::move(hooks));
  if (!member) return member.error();
  member_ = std::move(*member);

  agent::AgentConfig agent = agent::agent_config(daemon, "cache");
  agent.incarnation = member_->incarnation().raw;
  agent::AgentHandlers handlers;
  handlers.status = [this] { return report(); };
  handlers.on_topology = [this](const wire::TopologyUpdate& topology) { on_topology(topology); };
  handlers.on_view = [this](const wire::ViewUpdate& view) { member_->on_view(view); };
  handlers.on_hand_over = [this](const wire::HandOver& order) { member_->on_hand_over(order); };
  handlers.on_take_snapshot = [this](const wire::TakeSnapshot& order) {
    member_->on_take_snapshot(order);
  };
  handlers.on_drain = [this] {
    draining_ = true;
    server_->drain();
  };
  agent_ = std::make_unique<agent::Agent>(std::move(agent), std::move(handlers));
  return Status();
}

rt::Task<int> Node::run() {
  rt::SignalWatch on_term(SIGTERM, [this] { end_with(0); });
  rt::SignalWatch on_interrupt(SIGINT, [this] { end_with(0); });
  if (member_) nursery_.spawn("group", run_member());
  if (agent_) control_.spawn("agent", agent_->run(agent_stop_));
  ready_ = true;
  agent::print_ready(options_.daemon, "cache", server_->listening());
  const std::optional<int> code = co_await end_.pop();
  co_await server_->stop();
  stop_.request();
  co_await nursery_.join();
  agent_stop_.request();  // last: it tells until when the group served
  co_await control_.join();
  log::info("ends with exit code " + std::to_string(*code));
  co_return *code;
}

rt::Task<void> Node::run_member() {
  const Status ran = co_await member_->run(stop_);
  if (ran) co_return;
  log::warn("the group failed: " + ran.error().text());
  end_with(1);
}

void Node::end_with(int code) {
  rt::defer([this, code] { end_.push(code); });
}

wire::StatusReport Node::report() const {
  wire::StatusReport report;
  report.state = !ready_ ? "starting" : draining_ ? "draining" : "ready";
  report.health = "healthy";
  member_->fill(report);
  const Stats& stats = server_->stats();
  report.counters["commands"] = stats.commands;
  report.counters["connections"] = server_->clients().size();
  report.counters["keys"] = db_.keys().size();
  report.counters["used_memory"] = db_.used_bytes();
  report.counters["keyspace_hits"] = stats.keyspace_hits;
  report.counters["keyspace_misses"] = stats.keyspace_misses;
  report.counters["expired_keys"] = stats.expired_keys;
  report.counters["in_doubt_replies"] = stats.in_doubt_replies;
  report.counters["auth_failures"] = stats.auth_failures;
  return report;
}

void Node::on_topology(const wire::TopologyUpdate& topology) {
  std::map<std::string, rt::Address> addresses;
  for (const wire::InstanceInfo& instance : topology.instances) {
    if (instance.tier != "cache") continue;
    const auto address = rt::parse_address(instance.address, instance.port);
    if (address) addresses[instance.id] = *address;
  }
  server_->learn_addresses(std::move(addresses));
}

}  // namespace multiaz::cachenode
