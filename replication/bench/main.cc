// replication_bench [LEVEL] [WINDOW] [PAYLOAD_BYTES] [SECONDS] runs three members in three
// processes on this machine, with a fixed view and one load generator in the primary that keeps
// WINDOW appends in flight. It prints one JSON line: committed appends a second and their latency.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "replication/core/effects.h"
#include "replication/member.h"

namespace multiaz::replication {
namespace {

constexpr int kMembers = 3;
constexpr uint64_t kWarmUpMs = 500;

struct Load {
  Durability durability = Durability::kOs;
  size_t window = 100;
  size_t payload_bytes = 100;
  uint64_t seconds = 3;
};

// The empty state of a state machine that keeps nothing.
class Nothing : public SnapshotSource, public SnapshotSink {
 public:
  Result<std::string> next() override { return std::string(); }
  Status add(std::string_view) override { return Status(); }
  Status finish() override { return Status(); }
};

// Executes nothing; in the primary it keeps the window full.
class Generator : public StateMachine {
 public:
  explicit Generator(const Load& load) : load_(load) {}
  void apply(Lsn lsn, std::string_view) override { at_ = lsn; }
  void committed(Lsn lsn) override {
    const Nanos now = monotonic_now();
    while (!sent_.empty() && sent_.front().first <= lsn) {
      if (measuring) latencies.push_back(now - sent_.front().second);
      sent_.pop_front();
    }
    at_ = lsn;
    fill_soon();
  }
  Result<Snapshot> snapshot() override {
    Snapshot out;
    out.lsn = at_;
    out.source = std::make_unique<Nothing>();
    return out;
  }
  std::unique_ptr<SnapshotSink> install(Lsn lsn) override {
    at_ = lsn;
    return std::make_unique<Nothing>();
  }
  bool rollback(Lsn) override { return true; }
  void role_changed(Role role, Epoch, std::string_view) override {
    if (role == Role::kPrimary) fill_soon();
  }

  Member* member = nullptr;
  bool measuring = false;
  std::vector<Nanos> latencies;

 private:
  void fill_soon() {
    if (std::exchange(filling_, true)) return;
    rt::defer([this] {
      filling_ = false;
      while (sent_.size() < load_.window) {
        const auto lsn = member->append(std::string(load_.payload_bytes, 'x'));
        if (!lsn) return;
        sent_.emplace_back(*lsn, monotonic_now());
      }
    });
  }

  const Load& load_;
  Lsn at_;
  std::deque<std::pair<Lsn, Nanos>> sent_;
  bool filling_ = false;
};

std::string member_id(int index) {
  return std::string("m-") + static_cast<char>('a' + index);
}
rt::Address member_address(int index) {
  return *rt::parse_address("127.78." + std::to_string(index + 1) + ".61", kReplicationPort);
}

rt::Task<void> run_member(Member* member, rt::Stop* stop) {
  const Status ended = co_await member->run(*stop);
  if (!ended) std::fprintf(stderr, "%s\n", ended.error().text().c_str());
}

void print_result(const Load& load, std::vector<Nanos>& latencies) {
  std::sort(latencies.begin(), latencies.end());
  const auto us = [&](double share) {
    const auto at = static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
    return static_cast<double>(latencies[at]) / 1000;
  };
  std::printf(
      "{\"level\":\"%s\",\"window\":%zu,\"payload_bytes\":%zu,\"committed_per_s\":%.0f,"
      "\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
      std::string(to_string(load.durability)).c_str(), load.window, load.payload_bytes,
      static_cast<double>(latencies.size()) / static_cast<double>(load.seconds), us(0.5), us(0.99));
}

// Runs one member in this process: writes its incarnation to `out` and reads the view from `in`.
rt::Task<int> member_main(Load load, int index, std::string folder, int in, int out) {
  Generator machine(load);
  MemberConfig config;
  config.group = "bench";
  config.cluster = "bench";
  config.key_hex = std::string(64, '1');
  config.id = NodeId(member_id(index));
  config.launch = Launch(1);
  config.address = member_address(index);
  config.data_dir = load.durability == Durability::kMemory ? "" : folder;
  config.durability = load.durability;
  auto member = Member::open(config, machine, MemberHooks());
  CHECK_NOTE(member.ok(), member.ok() ? "" : member.error().text());
  machine.member = member->get();
  const std::string life = (*member)->incarnation().raw;
  CHECK(write(out, life.data(), life.size()) == static_cast<ssize_t>(life.size()));
  char text[1024] = {};
  CHECK(read(in, text, sizeof text - 1) > 0);
  wire::ViewUpdate update;
  update.group = config.group;
  update.view = text;
  for (int i = 0; i < kMembers; ++i) {
    wire::MemberInfo info;
    info.id = member_id(i);
    info.address = member_address(i).ip_text();
    update.members.push_back(info);
  }
  (*member)->on_view(update);
  rt::Stop stop;
  rt::Nursery nursery;
  nursery.spawn("member", run_member(member->get(), &stop));
  co_await rt::sleep_ms(kWarmUpMs);
  machine.measuring = true;
  co_await rt::sleep_ms(load.seconds * 1000);
  if (index == 0) print_result(load, machine.latencies);
  if (index != 0) co_await rt::sleep_ms(300);  // secondaries outlive the primary's last second
  stop.request();
  co_await nursery.join();
  co_return 0;
}

int run_all(const Load& load) {
  char root[] = "/tmp/replication_bench.XXXXXX";
  CHECK(mkdtemp(root));
  int to_child[kMembers][2];
  int from_child[kMembers][2];
  for (int i = 0; i < kMembers; ++i) {
    CHECK(pipe(to_child[i]) == 0 && pipe(from_child[i]) == 0);
    if (fork() != 0) continue;
    const std::string folder = std::string(root) + "/" + member_id(i);
    std::fflush(stdout);
    const int code = rt::run(member_main(load, i, folder, to_child[i][0], from_child[i][1]));
    std::fflush(stdout);
    _exit(code);
  }
  View view;
  view.epoch = Epoch(1);
  view.primary = NodeId(member_id(0));
  view.launch = Launch(1);
  for (int i = 0; i < kMembers; ++i) {
    char life[64] = {};
    CHECK(read(from_child[i][0], life, sizeof life - 1) > 0);
    MemberRef member;
    member.id = NodeId(member_id(i));
    member.incarnation = Incarnation(life);
    view.in_sync.push_back(member);
  }
  const std::string text = describe(view);
  for (int i = 0; i < kMembers; ++i) {
    CHECK(write(to_child[i][1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  while (wait(nullptr) > 0) {
  }
  std::error_code ignored;
  std::filesystem::remove_all(root, ignored);
  return 0;
}

}  // namespace
}  // namespace multiaz::replication

int main(int argc, char** argv) {
  using namespace multiaz;
  log::set_level("warn");
  replication::Load load;
  if (argc > 1) {
    const auto level = replication::durability_from(argv[1]);
    if (!level) {
      std::fprintf(stderr, "level \"%s\": must be memory, os, disk or async\n", argv[1]);
      return 254;
    }
    load.durability = *level;
  }
  if (argc > 2) load.window = std::max(1, std::atoi(argv[2]));
  if (argc > 3) load.payload_bytes = std::max(1, std::atoi(argv[3]));
  if (argc > 4) load.seconds = std::max(1, std::atoi(argv[4]));
  return replication::run_all(load);
}
