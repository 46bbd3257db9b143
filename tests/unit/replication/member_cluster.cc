#include "tests/unit/replication/member_cluster.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <variant>

#include "base/core/log.h"
#include "base/rt/fabric.h"
#include "replication/wire_view.h"

namespace multiaz::replication {

namespace {
constexpr uint64_t kBeatMs = 20;
const std::string kKey(64, '7');
}  // namespace

namespace {

class ListSource : public SnapshotSource {
 public:
  std::deque<std::string> pieces;
  Result<std::string> next() override {
    if (pieces.empty()) return std::string();
    std::string piece = std::move(pieces.front());
    pieces.pop_front();
    return piece;
  }
};

class ListSink : public SnapshotSink {
 public:
  ListSink(ListMachine& machine, Lsn lsn) : machine_(machine), lsn_(lsn) {}
  Status add(std::string_view piece) override {
    pieces_.emplace_back(piece);
    return Status();
  }
  Status finish() override { return machine_.take_over(lsn_, pieces_); }

 private:
  ListMachine& machine_;
  Lsn lsn_;
  std::vector<std::string> pieces_;
};

}  // namespace

Result<Snapshot> ListMachine::snapshot() {
  auto source = std::make_unique<ListSource>();
  for (const std::string& entry : entries) {
    if (source->pieces.empty() || source->pieces.back().size() > 1000) {
      source->pieces.emplace_back();
    }
    source->pieces.back() += entry + "\n";
  }
  for (size_t left = padding; left > 0;) {
    const size_t some = std::min(left, kSnapshotChunkBytesMax);
    source->pieces.push_back(std::string(some, '\n'));
    left -= some;
  }
  Snapshot out;
  out.lsn = at;
  out.source = std::move(source);
  return out;
}

std::unique_ptr<SnapshotSink> ListMachine::install(Lsn lsn) {
  return std::make_unique<ListSink>(*this, lsn);
}

Status ListMachine::take_over(Lsn lsn, const std::vector<std::string>& pieces) {
  ++installs;
  entries.clear();
  mine.clear();
  std::string entry;
  for (const std::string& chunk : pieces) {
    if (chunk.starts_with('\n')) continue;  // padding
    for (const char c : chunk) {
      if (c != '\n')
        entry += c;
      else if (!entry.empty())
        entries.push_back(std::exchange(entry, {}));
    }
  }
  at = lsn;
  CHECK(entries.size() == at.raw);
  return Status();
}

bool Node::had_event(std::string_view kind) const {
  for (const std::string& event : events) {
    if (event.find(kind) != std::string::npos) return true;
  }
  return false;
}

Cluster::Cluster(ClusterOptions with) : options(with) {
  char name[] = "/tmp/member_test.XXXXXX";
  CHECK(mkdtemp(name));
  root_ = name;
  ManagerConfig plan;
  plan.group = "test";
  plan.silence_ms = 500;
  plan.settle_ms = 100;
  for (int i = 0; i < options.members; ++i) {
    auto node = std::make_unique<Node>();
    node->id = NodeId(std::string("m-") + static_cast<char>('a' + i) + "1");
    node->address = *rt::parse_address("127.77." + std::to_string(i + 1) + ".61", 0);
    if (options.durability != Durability::kMemory && options.with_folders) {
      node->folder = root_ + "/" + node->id.raw;
    }
    PlannedMember member;
    member.id = node->id;
    plan.members.push_back(member);
    nodes_.push_back(std::move(node));
  }
  manager_ = std::make_unique<Manager>(plan, ManagerState(), monotonic_now());
  timer_ = std::make_unique<rt::Timer>([this] { beat(); });
  timer_->start(kBeatMs, kBeatMs);
}

Cluster::~Cluster() {
  std::filesystem::remove_all(root_);
}

MemberConfig Cluster::config(const Node& node) const {
  MemberConfig config;
  config.group = "test";
  config.cluster = "test-cluster";
  config.key_hex = kKey;
  config.id = node.id;
  config.launch = node.launch;
  config.address = node.address;
  config.data_dir = node.folder;
  config.durability = options.durability;
  config.bug = options.bug;
  config.snapshot_after_bytes = options.snapshot_after_bytes;
  config.storage = options.disk;
  config.set_damage_aside = true;
  return config;
}

MemberHooks Cluster::hooks(Node& node) {
  MemberHooks hooks;
  hooks.request_view = [this, &node](const wire::ViewRequest& request) {
    if (node.mute) return false;
    ViewRequested asked;
    asked.from = node.id;
    asked.launch = node.launch;
    asked.request = *from_wire(request);
    rt::defer([this, alive = std::weak_ptr<int>(alive_), asked] {
      if (!alive.expired()) manage(asked);  // the scenario may end in the same turn
    });
    return true;
  };
  hooks.ack_view = [this, &node](const wire::ViewAck& ack) {
    if (node.mute) return false;
    ViewAcked acked;
    acked.id = node.id;
    acked.launch = node.launch;
    acked.epoch = Epoch(ack.epoch);
    rt::defer([this, alive = std::weak_ptr<int>(alive_), acked] {
      if (!alive.expired()) manage(acked);
    });
    return true;
  };
  hooks.event = [&node](const std::string& kind, const std::string& text) {
    node.events.push_back(kind + ": " + text);
  };
  return hooks;
}

rt::Task<void> Cluster::run_member(Node* node, Member* member, rt::Stop* stop) {
  const Status status = co_await member->run(*stop);
  node->ended = status;
}

rt::Task<void> Cluster::start(Node& node) {
  node.launch = Launch(node.launch.raw + 1);
  node.ended.reset();
  auto padding = node.machine.padding;
  auto can_roll_back = node.machine.can_roll_back;
  node.machine = ListMachine();
  node.machine.padding = padding;
  node.machine.can_roll_back = can_roll_back;
  auto member = Member::open(config(node), node.machine, hooks(node));
  if (!member) {
    ADD_FAILURE() << node.id.raw << ": " << member.error().text();
    co_return;
  }
  node.member = std::move(*member);
  node.address = node.member->address();
  node.stop = std::make_unique<rt::Stop>();
  nursery_.spawn(node.id.raw, run_member(&node, node.member.get(), node.stop.get()));
}

rt::Task<void> Cluster::kill(Node& node) {
  if (!node.member) co_return;
  node.stop->request();
  const auto ended = [&node] { return node.ended.has_value(); };
  const bool in_time = co_await until(ended);
  EXPECT_TRUE(in_time);
  node.member.reset();
  MemberExited exited;
  exited.id = node.id;
  exited.launch = node.launch;
  exited.how = "killed";
  manage(exited);
}

rt::Task<void> Cluster::stop_all() {
  timer_.reset();
  for (const auto& node : nodes_) {
    if (node->member) node->stop->request();
  }
  co_await nursery_.join();
  for (const auto& node : nodes_) node->member.reset();
  heal();
}

void Cluster::beat() {
  const Nanos now = monotonic_now();
  if (last_beat_ > 0) longest_gap_ = std::max(longest_gap_, now - last_beat_);
  last_beat_ = now;
  for (const auto& node : nodes_) {
    if (!node->member || node->ended || node->mute) continue;
    wire::StatusReport report;
    node->member->fill(report);
    report.id = node->id.raw;
    report.launch = node->launch.raw;
    manage(*member_report(report));
  }
  manage(ManagerTick());
}

void Cluster::manage(const ManagerEvent& event) {
  for (const ManagerEffect& effect : manager_->step(monotonic_now(), event)) {
    if (const auto* order = std::get_if<SendHandOver>(&effect)) {
      wire::HandOver hand_over;
      hand_over.group = "test";
      hand_over.to = order->to.raw;
      for (const auto& node : nodes_) {
        if (node->id == order->primary && node->member) node->member->on_hand_over(hand_over);
      }
    }
    const auto* sent = std::get_if<SendView>(&effect);
    if (!sent) continue;
    std::vector<wire::MemberInfo> members;
    for (const auto& node : nodes_) {
      wire::MemberInfo info;
      info.id = node->id.raw;
      info.address = node->address.ip_text();
      info.port = node->address.port;
      members.push_back(info);
    }
    const wire::ViewUpdate update = to_wire("test", sent->view, sent->fenced, members);
    for (const NodeId& id : sent->to) {
      for (const auto& node : nodes_) {
        if (node->id == id && node->member && !node->mute) node->member->on_view(update);
      }
    }
  }
}

Node* Cluster::primary() {
  for (const auto& node : nodes_) {
    if (node->member && !node->ended && node->member->serving()) return node.get();
  }
  return nullptr;
}

rt::Task<Node*> Cluster::next_primary(const Node& old, uint64_t limit_ms) {
  Node* seen = nullptr;
  const auto replaced = [&] {
    seen = primary();
    return seen && seen != &old;
  };
  const bool in_time = co_await until(replaced, limit_ms);
  co_return in_time ? seen : nullptr;
}

std::vector<Node*> Cluster::others(const Node& than) {
  std::vector<Node*> out;
  for (const auto& node : nodes_) {
    if (node.get() != &than) out.push_back(node.get());
  }
  return out;
}

bool Cluster::everybody_has(const std::vector<std::string>& entries) {
  for (const auto& node : nodes_) {
    if (node->member && node->machine.entries != entries) return false;
  }
  return true;
}

Result<Lsn> Cluster::append(Node& node, std::string text) {
  auto lsn = node.member->append(text);
  if (lsn) node.machine.execute(*lsn, std::move(text));
  return lsn;
}

rt::Task<bool> Cluster::append_all(Node& node, std::vector<std::string> entries) {
  for (const std::string& entry : entries) {
    const auto taken = [&] { return node.member && append(node, entry).ok(); };
    if (taken()) continue;
    const bool in_the_end = co_await until(taken);
    if (!in_the_end) co_return false;
  }
  co_return true;
}

void Cluster::cut(const Node& a, const Node& b, uint64_t for_ms) {
  rt::LinkRule rule;
  rule.id = a.id.raw + b.id.raw;
  rule.from.ip = a.address.ip;
  rule.to.ip = b.address.ip;
  rule.until = monotonic_now() + for_ms * kMillisecond;
  rules_.push_back(rule);
  std::swap(rule.from, rule.to);
  rules_.push_back(rule);
  rt::fabric().set_rules(rules_);
}

void Cluster::heal() {
  rules_.clear();
  rt::fabric().set_rules({});
}

rt::Task<bool> until(const std::function<bool()>& condition, uint64_t limit_ms) {
  const Nanos limit = monotonic_now() + limit_ms * kMillisecond;
  while (!condition()) {
    if (monotonic_now() > limit) co_return false;
    co_await rt::sleep_ms(2);
  }
  co_return true;
}

namespace {

rt::Task<int> scenario_main(ClusterOptions options, Scenario scenario) {
  Cluster cluster(options);
  for (int i = 0; i < options.members; ++i) {
    co_await cluster.start(cluster.node(static_cast<size_t>(i)));
  }
  Node* primary = nullptr;
  const auto up = [&] {
    primary = cluster.primary();
    return primary && cluster.in_sync() == size_t(options.members);
  };
  const bool ready = co_await until(up);
  EXPECT_TRUE(ready) << "the group did not start";
  if (ready) co_await scenario(cluster, *primary);
  co_await cluster.stop_all();
  co_return 0;
}

}  // namespace

void run_scenario(ClusterOptions options, Scenario scenario) {
  const char* const level = getenv("TEST_LOG_LEVEL");
  log::set_level(level ? level : "error");
  rt::run(scenario_main(options, scenario));
}

}  // namespace multiaz::replication
