// The picture on one axis of time: bars for faults, a strip of availability for each path in steps
// of 100 ms, a lane for each node that ever served as primary. It is readable in black and white:
// states differ in shape and letter, not in colour only.
#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "chaos/report/page.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kBucket = 100 * kMillisecond;
constexpr Nanos kSloMs = 500;
constexpr double kLane = 24;

struct Bucket {
  size_t ok = 0, slow = 0, failed = 0;
  Bucket& operator+=(const Bucket& other) {
    ok += other.ok;
    slow += other.slow;
    failed += other.failed;
    return *this;
  }
};

std::vector<Bucket> buckets_of(const RunRecord& record, Path path, const Axis& axis) {
  std::vector<Bucket> out((axis.to - axis.from) / kBucket + 1);
  for (const Request& one : record.requests) {
    if (one.path != path || one.sent < axis.from || one.sent >= axis.to) continue;
    Bucket& bucket = out[(one.sent - axis.from) / kBucket];
    if (!one.ok)
      ++bucket.failed;
    else if (one.done - one.sent > kSloMs * kMillisecond)
      ++bucket.slow;
    else
      ++bucket.ok;
  }
  return out;
}

// ok: a full box; slow: half; failed: empty with a cross; unknown: a thin grey line.
const char* state_of(const Bucket& bucket) {
  const size_t all = bucket.ok + bucket.slow + bucket.failed;
  if (all == 0) return "none";
  if (bucket.failed * 100 > all) return bucket.ok + bucket.slow > 0 ? "partial" : "down";
  return bucket.slow * 100 > all ? "slow" : "ok";
}

std::string words_of(const std::string& state, const Bucket& bucket) {
  if (state == "none") return "unknown (no request)";
  return state + " (" + std::to_string(bucket.ok) + " ok, " + std::to_string(bucket.slow) +
         " slow, " + std::to_string(bucket.failed) + " failed)";
}

class Lanes {
 public:
  Lanes(const RunRecord& record, const Axis& axis) : record_(record), axis_(axis) {}

  std::string svg() {
    for (const FaultRecord& fault : record_.faults) fault_bar(fault);
    for (const Path path : kShopPaths) strip(path);
    if (record_.scenario.workload.named_visitors > 0) strip(Path::kNamed);
    roles();
    ticks();
    std::ostringstream out;
    out << "<svg role=\"img\" aria-labelledby=\"lanes-title\" viewBox=\"0 0 1050 " << y_ + 30
        << "\"><title id=\"lanes-title\">Faults, availability and primaries over time; the tables "
           "below say the same in words</title>"
        << body_.str() << "</svg>";
    return out.str();
  }

 private:
  void label(const std::string& text) {
    body_ << "<text x=\"4\" y=\"" << y_ + 16 << "\">" << escape_markup(text) << "</text>";
  }
  // `words` are shown when the pointer is over it.
  void bar(const std::string& style, Nanos from, Nanos to, double height, double down,
           const std::string& words) {
    const double x = axis_.x(from), width = std::max(2.0, axis_.x(to) - x);
    body_ << "<rect class=\"" << style << "\" x=\"" << x << "\" y=\"" << y_ + down << "\" width=\""
          << width << "\" height=\"" << height << "\"><title>" << escape_markup(words)
          << "</title></rect>";
  }
  [[nodiscard]] std::string span(Nanos from, Nanos to) const {
    return since_load(record_, from) + " to " + since_load(record_, to);
  }

  void fault_bar(const FaultRecord& fault) {
    label(fault.spec.name + " " + fault.spec.kind);
    bar(fault.bit ? "fault" : "fault missed", fault.applied, std::max(fault.healed, fault.applied),
        16, 3, fault_words(record_, fault));
    const std::string who =
        fault.spec.target + (fault.spec.to.empty() ? "" : " to " + fault.spec.to);
    body_ << "<text class=\"on\" x=\"" << std::min(axis_.x(fault.applied) + 6, 900.0) << "\" y=\""
          << y_ + 16 << "\">" << escape_markup(who) << "</text>";
    y_ += kLane;
  }

  void strip(Path path) {
    label(std::string(to_string(path)));
    const auto buckets = buckets_of(record_, path, axis_);
    for (size_t i = 0; i < buckets.size();) {
      size_t end = i;
      Bucket all;
      const std::string state = state_of(buckets[i]);
      for (; end < buckets.size() && state == state_of(buckets[end]); ++end) all += buckets[end];
      const Nanos from = axis_.from + i * kBucket, to = axis_.from + end * kBucket;
      const double height = state == "ok" ? 16 : state == "none" ? 2 : 10;
      const std::string words = std::string(to_string(path)) + " " + words_of(state, all) + ", " +
                                span(from, std::min(to, axis_.to));
      bar("s " + state, from, std::min(to, axis_.to), height, 19 - height, words);
      if (state == "down" || state == "partial") {
        body_ << "<text class=\"mark\" x=\"" << axis_.x(from) << "\" y=\"" << y_ + 9 << "\">"
              << (state == "down" ? "\xE2\x9C\x97" : "~") << "</text>";
      }
      i = end;
    }
    y_ += kLane;
  }

  void roles() {
    std::set<std::string> ids;
    for (const Event& event : record_.events) {
      if (lease_of(event)) ids.insert(event.source);
    }
    for (const std::string& id : ids) lane(id);
  }

  // The line is thick while the node held the lease, with the epoch's number; a cross is where its
  // process ended.
  void lane(const std::string& id) {
    label(id);
    Nanos since = 0;
    uint64_t epoch = 0;
    const auto reign = [&](Nanos until) {
      if (since == 0) return;
      bar("reign", since, until, 14, 5,
          id + " held the lease of epoch " + std::to_string(epoch) + ", " + span(since, until));
      body_ << "<text class=\"on\" x=\"" << axis_.x(since) + 4 << "\" y=\"" << y_ + 16
            << "\">epoch " << epoch << "</text>";
      since = 0;
    };
    body_ << "<line class=\"life\" x1=\"" << axis_.left << "\" x2=\"" << axis_.left + axis_.width
          << "\" y1=\"" << y_ + 12 << "\" y2=\"" << y_ + 12 << "\"/>";
    std::ostringstream crosses;
    for (const Event& event : record_.events) {
      if (event.kind == "exit" && event.target == id) {
        reign(event.at);
        crosses << "<text class=\"mark\" x=\"" << axis_.x(event.at) - 5 << "\" y=\"" << y_ + 17
                << "\">\xE2\x9C\x97</text>";
      }
      const auto lease = event.source == id ? lease_of(event) : std::nullopt;
      if (!lease) continue;
      reign(lease->at);
      if (lease->begins) {
        epoch = lease->epoch;
        since = lease->at;
      }
    }
    reign(axis_.to);
    body_ << crosses.str();
    y_ += kLane;
  }

  void ticks() {
    for (const int s : tick_seconds(axis_)) {
      const double x = axis_.x(axis_.from + static_cast<Nanos>(s) * kSecond);
      body_ << "<line class=\"tick\" x1=\"" << x << "\" x2=\"" << x << "\" y1=\"0\" y2=\"" << y_
            << "\"/><text x=\"" << x << "\" y=\"" << y_ + 18 << "\" text-anchor=\"middle\">" << s
            << " s</text>";
    }
  }

  const RunRecord& record_;
  const Axis& axis_;
  std::ostringstream body_;
  double y_ = 4;
};

}  // namespace

Axis axis_of(const RunRecord& record) {
  Axis out;
  out.from = record.load_from > kSecond ? record.load_from - kSecond : record.began;
  out.to = std::max(record.load_until, out.from + kSecond);
  return out;
}

std::string lanes_svg(const RunRecord& record, const Axis& axis) {
  return Lanes(record, axis).svg();
}

std::vector<int> tick_seconds(const Axis& axis) {
  const double seconds = static_cast<double>(axis.to - axis.from) / kSecond;
  const int step = seconds > 300 ? 60 : seconds > 60 ? 10 : seconds > 20 ? 5 : 1;
  std::vector<int> out;
  for (int s = 0; s <= static_cast<int>(seconds); s += step) out.push_back(s);
  return out;
}

std::string fault_words(const RunRecord& record, const FaultRecord& fault) {
  std::string out = fault.spec.name + " " + fault.spec.kind + " " + fault.spec.target;
  if (!fault.spec.to.empty()) out += " to " + fault.spec.to;
  out += " at " + since_load(record, fault.applied);
  if (fault.healed > fault.applied) out += ", until " + since_load(record, fault.healed);
  return out + (fault.bit ? ": " : ": did not bite: ") + fault.proof;
}

}  // namespace multiaz::chaos
