#include "chaos/checkers/registers.h"

#include <algorithm>
#include <unordered_map>

#include "chaos/checkers/by_key.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kNone = ~size_t{0};

// All operations that have one value of one key.
struct Cluster {
  uint64_t value = 0;
  size_t write = kNone;  // kNone: value 0, which was there before any write
  bool failed = false;   // the write certainly did not happen, as its client was told
  Nanos first_end = kNeverEnded, last_begin = 0;
  size_t first_end_at = kNone, last_begin_at = kNone;
  size_t first_read = kNone;  // the read that ended first

  [[nodiscard]] bool forward() const { return first_end < last_begin; }
};

std::string named(uint64_t value) {
  return value == 0 ? "nothing" : std::to_string(value);
}

class Register {
 public:
  Register(const History& history, std::string key, Judgement& out)
      : history_(history), key_(std::move(key)), out_(out) {}

  void take(size_t place) {
    const Operation& one = history_[place];
    Cluster& cluster = clusters_[one.value];
    cluster.value = one.value;
    if (one.kind == Operation::Kind::kWrite) {
      cluster.write = place;
      cluster.failed = one.end == Operation::End::kFail;
      return;
    }
    if (cluster.first_read == kNone || one.returned < history_[cluster.first_read].returned)
      cluster.first_read = place;
    widen(cluster, place, one.called, one.returned);
  }

  void judge() {
    for (auto& [value, cluster] : clusters_) {
      if (!close(cluster)) continue;
      (cluster.forward() ? forward_ : backward_).push_back(&cluster);
    }
    judge_zones();
  }

 private:
  static void widen(Cluster& cluster, size_t place, Nanos called, Nanos returned) {
    if (returned < cluster.first_end || cluster.first_end_at == kNone) {
      cluster.first_end = returned;
      cluster.first_end_at = place;
    }
    if (called > cluster.last_begin || cluster.last_begin_at == kNone) {
      cluster.last_begin = called;
      cluster.last_begin_at = place;
    }
  }

  void report(std::string text, std::vector<size_t> places) {
    out_.anomalies.push_back({key_, std::move(text), std::move(places)});
  }

  // Brings the write into its cluster; false: there is nothing (more) to judge.
  bool close(Cluster& cluster) {
    if (cluster.value == 0) {  // written before the history begins
      cluster.first_end = 0;
      return true;
    }
    if (cluster.write == kNone) {
      report("read " + named(cluster.value) + ", which nobody wrote", {cluster.first_read});
      return false;
    }
    const Operation& write = history_[cluster.write];
    if (cluster.first_read == kNone && write.end != Operation::End::kOk) return false;
    if (cluster.failed) {
      report("read " + named(cluster.value) + ", whose writer was told that it had failed",
             {cluster.write, cluster.first_read});
      return false;
    }
    if (cluster.first_read != kNone) {
      const Operation& read = history_[cluster.first_read];
      if (read.returned < write.called) {
        report("read " + named(cluster.value) + " before it was written",
               {cluster.first_read, cluster.write});
        return false;
      }
    }
    Nanos returned = write.returned;
    if (write.end == Operation::End::kInfo) returned = history_[cluster.first_read].returned;
    widen(cluster, cluster.write, write.called, returned);
    return true;
  }

  void judge_zones() {
    const auto by_start = [](const Cluster* a, const Cluster* b) {
      return std::pair(a->first_end, a->value) < std::pair(b->first_end, b->value);
    };
    std::ranges::sort(forward_, by_start);
    const Cluster* widest = nullptr;  // of the earlier ones: the one that lasts longest
    for (const Cluster* zone : forward_) {
      if (widest != nullptr && zone->first_end < widest->last_begin) {
        report(
            named(widest->value) + " was there until it was read again, and " + named(zone->value) +
                " was there in between",
            {widest->first_end_at, zone->first_end_at, zone->last_begin_at, widest->last_begin_at});
      }
      if (widest == nullptr || zone->last_begin > widest->last_begin) widest = zone;
    }
    for (const Cluster* inner : backward_) judge_inner(*inner);
  }

  // Forward zones do not overlap (or that was reported), so only the last one that starts before
  // can contain it.
  void judge_inner(const Cluster& inner) {
    const auto after = std::ranges::partition_point(
        forward_, [&](const Cluster* zone) { return zone->first_end < inner.last_begin; });
    if (after == forward_.begin()) return;
    const Cluster& outer = **std::prev(after);
    if (inner.first_end >= outer.last_begin) return;
    report(named(inner.value) + " came and went while " + named(outer.value) + " was there",
           {outer.first_end_at, inner.last_begin_at, outer.last_begin_at});
  }

  const History& history_;
  std::string key_;
  Judgement& out_;
  std::unordered_map<uint64_t, Cluster> clusters_;
  std::vector<const Cluster*> forward_, backward_;
};

}  // namespace

Judgement judge_registers(const History& history) {
  Judgement out = judge_each_key<Register>(history, "zones (Gibbons and Korach)",
                                           Operation::Kind::kWrite, Operation::Kind::kRead);
  for (Anomaly& one : out.anomalies) std::erase(one.places, kNone);
  std::ranges::sort(out.anomalies, [](const Anomaly& a, const Anomaly& b) {
    return std::tie(a.key, a.places) < std::tie(b.key, b.places);
  });
  return out;
}

}  // namespace multiaz::chaos
