#include "chaos/checkers/timeline.h"

#include <algorithm>

namespace multiaz::chaos {

std::string_view to_string(Path path) {
  switch (path) {
    case Path::kBrowse: return "browse";
    case Path::kCart: return "cart";
    case Path::kOrder: return "order";
    case Path::kNamed: return "named";
    case Path::kOther: return "other";
  }
  return "?";
}

Nanos percentile(std::vector<Nanos> times, size_t percent) {
  if (times.empty()) return 0;
  const auto at = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) * percent / 100);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

void Timeline::record(Path path, Nanos sent, Nanos done, bool ok) {
  ++requests_;
  failed_ += !ok;
  if (!keep_) return;
  all_.push_back(Request{path, sent, done, ok});
  Interval interval;
  interval.sent = sent;
  interval.done = done;
  if (ok) {
    ok_[static_cast<size_t>(path)].push_back(interval);
  } else {
    failures_.push_back(interval);
  }
}

uint64_t Timeline::failed_in(Nanos from, Nanos to) const {
  return static_cast<uint64_t>(std::ranges::count_if(
      failures_, [&](auto& one) { return one.done >= from && one.sent <= to; }));
}

uint64_t Timeline::succeeded_in(Path path, Nanos from, Nanos to) const {
  const auto& all = ok_[static_cast<size_t>(path)];
  return static_cast<uint64_t>(
      std::ranges::count_if(all, [&](auto& one) { return one.sent >= from && one.sent <= to; }));
}

Nanos Timeline::longest_gap(Path path, Nanos from, Nanos to) const {
  const auto& all = ok_[static_cast<size_t>(path)];
  auto first = std::ranges::lower_bound(all, from, {}, &Interval::done);
  Nanos last = from;
  Nanos longest = 0;
  for (; first != all.end() && first->done <= to; ++first) {
    longest = std::max(longest, first->done - last);
    last = first->done;
  }
  return std::max(longest, to - last);
}

}  // namespace multiaz::chaos
