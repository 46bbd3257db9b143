// Three members on real sockets in one process, a configuration manager, and a state machine that
// is a list of texts. Killing a member loses its data in user space, as SIGKILL does.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "replication/core/manager.h"
#include "replication/member.h"
#include "tests/unit/replication/lying_storage.h"

namespace multiaz::replication {

class ListMachine : public StateMachine {
 public:
  // Does what a daemon does after append(): the effect is executed, and the answer waits.
  void execute(Lsn lsn, std::string text) { mine.emplace_back(lsn, std::move(text)); }

  void apply(Lsn lsn, std::string_view payload) override {
    CHECK(lsn == next(at) && mine.empty());
    entries.emplace_back(payload);
    at = lsn;
  }
  void committed(Lsn lsn) override {
    while (!mine.empty() && mine.front().first <= lsn) {
      CHECK(mine.front().first == next(at));
      at = mine.front().first;
      acknowledged.insert(mine.front().second);
      entries.push_back(std::move(mine.front().second));
      mine.pop_front();
    }
    CHECK(at == lsn);
  }
  Result<Snapshot> snapshot() override;
  std::unique_ptr<SnapshotSink> install(Lsn lsn) override;
  Status take_over(Lsn lsn, const std::vector<std::string>& pieces);
  bool rollback(Lsn lsn) override {
    ++rollbacks;
    if (!can_roll_back || lsn < at) return false;
    mine.clear();
    return true;
  }
  void role_changed(Role now, Epoch, std::string_view) override { role = now; }

  std::vector<std::string> entries;  // committed
  Lsn at;
  std::deque<std::pair<Lsn, std::string>> mine;  // executed and not committed
  std::set<std::string> acknowledged;            // answered to clients of this member
  Role role = Role::kNone;
  bool can_roll_back = true;
  int rollbacks = 0;
  int installs = 0;
  size_t padding = 0;  // makes snapshots as big as wanted
};

struct Node {
  NodeId id;
  rt::Address address;
  std::string folder;
  Launch launch;
  ListMachine machine;
  std::unique_ptr<Member> member;
  std::unique_ptr<rt::Stop> stop;
  std::optional<Status> ended;  // the result of run()
  bool mute = false;            // it exchanges no messages with the control plane
  std::vector<std::string> events;
  bool had_event(std::string_view kind) const;
};

struct ClusterOptions {
  Durability durability = Durability::kMemory;
  Bug bug = Bug::kNone;
  uint64_t snapshot_after_bytes = 0;
  bool with_folders = true;  // unless the level is memory
  LyingStorage* disk = nullptr;
  int members = 3;
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);
  ~Cluster();

  rt::Task<void> start(Node& node);  // launches it and waits for nothing
  rt::Task<void> kill(Node& node);   // like SIGKILL; the manager gets its exit
  rt::Task<void> stop_all();

  Node& node(size_t i) { return *nodes_[i]; }
  // The member that serves now; null = none. Keep the answer: a moment later its lease may have run
  // out.
  Node* primary();
  // Waits until another member than `old` serves; null when none does within `limit_ms`.
  rt::Task<Node*> next_primary(const Node& old, uint64_t limit_ms = 10'000);
  std::vector<Node*> others(const Node& than);
  size_t in_sync() const { return manager_->state().view.in_sync.size(); }
  const View& view() const { return manager_->state().view; }
  bool everybody_has(const std::vector<std::string>& entries);

  Result<Lsn> append(Node& node, std::string text);
  // Appends the entries in order. On a machine that stood still a lease may have run out; then it
  // waits for the lease. False when the node does not take one of the entries within 10 s.
  rt::Task<bool> append_all(Node& node, std::vector<std::string> entries);
  void cut(const Node& a, const Node& b, uint64_t for_ms);  // in both directions
  void heal();
  void manage(const ManagerEvent& event);
  // False when this machine was so busy that the loop itself stood still for too long to judge
  // leases.
  bool machine_kept_pace() const { return longest_gap_ < 300 * kMillisecond; }

  ClusterOptions options;
  MemberConfig config(const Node& node) const;

 private:
  // Deferred calls check that the cluster still exists.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  MemberHooks hooks(Node& node);
  rt::Task<void> run_member(Node* node, Member* member, rt::Stop* stop);
  void beat();

  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<Manager> manager_;
  std::unique_ptr<rt::Timer> timer_;
  rt::Nursery nursery_;
  std::string root_;
  std::vector<rt::LinkRule> rules_;
  Nanos last_beat_ = 0;
  Nanos longest_gap_ = 0;
};

// Waits until `condition` holds; false after `limit_ms`.
rt::Task<bool> until(const std::function<bool()>& condition, uint64_t limit_ms = 10'000);

// Runs one scenario on a fresh cluster whose members are up and in sync, with the primary of that
// time.
using Scenario = rt::Task<void> (*)(Cluster&, Node& primary);
void run_scenario(ClusterOptions options, Scenario scenario);

// Does what ASSERT does, for coroutines.
#define REQUIRE_THAT(condition)    \
  do {                             \
    if (!(condition)) {            \
      ADD_FAILURE() << #condition; \
      co_return;                   \
    }                              \
  } while (0)

// Ends the scenario when the node does not take one of the entries.
#define APPEND_ALL(node, entries)                                  \
  do {                                                             \
    const bool taken = co_await cluster.append_all(node, entries); \
    if (!taken) {                                                  \
      ADD_FAILURE() << "refused: " << #entries << " at " << #node; \
      co_return;                                                   \
    }                                                              \
  } while (0)
#define APPEND(node, entry)                       \
  do {                                            \
    const std::vector<std::string> one(1, entry); \
    APPEND_ALL(node, one);                        \
  } while (0)

// Ends the scenario when the condition does not become true. The second argument is in
// milliseconds.
#define WAIT_FOR(...)                                       \
  do {                                                      \
    const bool came_true = co_await until(__VA_ARGS__);     \
    if (!came_true) {                                       \
      ADD_FAILURE() << "never came true: " << #__VA_ARGS__; \
      co_return;                                            \
    }                                                       \
  } while (0)

}  // namespace multiaz::replication
