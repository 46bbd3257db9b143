// When requests succeeded and failed, so that an outage can be measured as shoppers saw it.
#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::chaos {

// The parts of the cluster that a request needs to succeed; a fault is judged by the paths that it
// hits.
enum class Path {
  kBrowse,  // lb, web, a database replica
  kCart,    // lb, web, the cache primary
  kOrder,   // lb, web, the database primary (and for a checkout the cache primary)
  kNamed,   // the name server, lb, web: visitors who know only the name
  kOther,   // proves none of the above: a refusal, a read that needed no primary
};
// The paths of shoppers; their canaries use each of them.
constexpr Path kShopPaths[] = {Path::kBrowse, Path::kCart, Path::kOrder};
constexpr Path kClaimPaths[] = {Path::kBrowse, Path::kCart, Path::kOrder, Path::kNamed};
constexpr size_t kPathCount = std::size(kClaimPaths);  // without kOther
std::string_view to_string(Path path);

struct Request {
  Path path = Path::kOther;
  Nanos sent = 0, done = 0;  // open loop: `sent` is when it was due
  bool ok = false;
};

// The smallest of `times` that `percent` of them, 0 to 100, do not exceed; 0 without any. `times`
// is passed by value because it is reordered.
Nanos percentile(std::vector<Nanos> times, size_t percent);

class Timeline {
 public:
  // Records one request: when it was sent and when its outcome was known.
  void record(Path path, Nanos sent, Nanos done, bool ok);

  // From now on requests are counted and not kept: the cost of recording is measured against this.
  void count_only() { keep_ = false; }

  // Every request, in the order of its end.
  const std::vector<Request>& all() const { return all_; }
  uint64_t requests() const { return requests_; }
  uint64_t failed() const { return failed_; }
  // Failed requests whose time from sending to the end overlaps [from, to].
  uint64_t failed_in(Nanos from, Nanos to) const;
  // Successful requests that were sent in [from, to].
  uint64_t succeeded_in(Path path, Nanos from, Nanos to) const;
  // The longest time within [from, to] in which no request of the path succeeded.
  Nanos longest_gap(Path path, Nanos from, Nanos to) const;

 private:
  struct Interval {
    Nanos sent, done;
  };
  std::vector<Interval> ok_[kPathCount + 1];  // in the order of `done`
  std::vector<Interval> failures_;
  std::vector<Request> all_;
  bool keep_ = true;
  uint64_t requests_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace multiaz::chaos
