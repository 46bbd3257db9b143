// The order in which the operations on a register took effect, as Porcupine draws it: a lane for
// each client, a time axis of begins and ends only, one mark an operation, and a line through the
// marks. Where no order exists it ends before the operation that fits nowhere.
#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "chaos/checkers/linearization.h"
#include "chaos/report/page.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kBefore = 12, kAfter = 30;  // operations around the moment that is shown
constexpr size_t kKeysMax = 5;
constexpr double kStep = 18, kRow = 30, kMargin = 150;

using Places = std::vector<size_t>;

bool of_register(const Operation& one) {
  return one.kind == Operation::Kind::kWrite || one.kind == Operation::Kind::kRead ||
         one.kind == Operation::Kind::kCas;
}

// "db:register:7" and "db:register:8" are of one kind.
std::string kind_of(const std::string& key) {
  return key.substr(0, key.rfind(':'));
}

// Keys with anomalies, then one of each kind.
std::vector<std::string> keys_to_show(const std::map<std::string, Places>& keys,
                                      const std::vector<Anomaly>& anomalies) {
  std::vector<std::string> out;
  std::set<std::string> kinds;
  const auto add = [&](const std::string& key) {
    const bool known = std::ranges::find(out, key) != out.end();
    if (known || !keys.contains(key) || out.size() >= kKeysMax) return;
    out.push_back(key);
    kinds.insert(kind_of(key));
  };
  for (const Anomaly& one : anomalies) add(one.key);
  for (const auto& [key, places] : keys) {
    if (!kinds.contains(kind_of(key))) add(key);
  }
  return out;
}

// One key's picture. It is a class, because every part needs the axis.
class OrderPicture {
 public:
  OrderPicture(const RunRecord& record, const Places& places)
      : record_(record), order_(linearize(record.history, places)) {
    number_values(places);
    choose(places);
    for (const size_t place : shown_) {
      const Operation& one = record_.history[place];
      moments_.insert(one.called);
      if (one.returned != kNeverEnded) moments_.insert(one.returned);
      rows_.emplace(one.process, rows_.size());
    }
  }

  [[nodiscard]] std::string heading() const {
    if (order_.gave_up) return "too many operations overlap: no order was found";
    if (order_.stuck) return "no order explains the operation in the dashed frame";
    return "one order that explains all that was seen";
  }

  std::string svg() {
    for (const auto& [process, row] : rows_) {
      out_ << "<text x=\"2\" y=\"" << y(row) + 14 << "\">" << escape_markup(process) << "</text>";
    }
    for (const FaultRecord& fault : record_.faults) fault_line(fault);
    for (const size_t place : shown_) bar(place);
    marks();
    std::ostringstream page;
    page << "<svg role=\"img\" style=\"width:" << width() << "px\" viewBox=\"0 0 " << width() << " "
         << y(rows_.size()) + 22 << "\"><title>" << heading() << "</title>" << out_.str()
         << "</svg>";
    return page.str();
  }

 private:
  // Values are long; numbered in the order of their writes they show which is old.
  void number_values(const Places& places) {
    std::vector<std::pair<Nanos, uint64_t>> written;
    for (const size_t place : places) {
      const Operation& one = record_.history[place];
      if (one.kind != Operation::Kind::kRead) written.emplace_back(one.called, one.value);
    }
    std::ranges::sort(written);
    for (const auto& [at, value] : written) numbers_.emplace(value, numbers_.size() + 1);
  }

  // Chooses the operations around the one that is stuck, or around the first fault.
  void choose(const Places& places) {
    Nanos middle = record_.load_from;
    for (const FaultRecord& fault : record_.faults) {
      if (fault.applied != 0) middle = fault.applied;
      if (fault.applied != 0) break;
    }
    if (order_.stuck) middle = record_.history[*order_.stuck].called;
    Places sorted = places;
    std::ranges::sort(sorted, [&](size_t a, size_t b) {
      return record_.history[a].called < record_.history[b].called;
    });
    const auto first = std::ranges::lower_bound(
        sorted, middle, [&](size_t place, Nanos at) { return record_.history[place].called < at; });
    const auto at = static_cast<size_t>(first - sorted.begin());
    const size_t from = at - std::min(at, kBefore), to = std::min(sorted.size(), at + kAfter);
    shown_.assign(sorted.begin() + static_cast<std::ptrdiff_t>(from),
                  sorted.begin() + static_cast<std::ptrdiff_t>(to));
  }

  [[nodiscard]] double x(Nanos at) const {
    const auto rank = std::distance(moments_.begin(), moments_.lower_bound(at));
    return kMargin + kStep * static_cast<double>(rank);
  }
  [[nodiscard]] double end_x(const Operation& one) const {
    return one.returned == kNeverEnded ? width() : x(one.returned);
  }
  [[nodiscard]] double width() const {
    return kMargin + kStep * static_cast<double>(moments_.size() + 1);
  }
  static double y(size_t row) { return 24 + kRow * static_cast<double>(row); }

  [[nodiscard]] std::string number(uint64_t value) const {
    const auto found = numbers_.find(value);
    return found == numbers_.end() ? "-" : std::to_string(found->second);
  }
  [[nodiscard]] std::string label(const Operation& one) const {
    if (one.kind == Operation::Kind::kRead) return "r" + number(one.value);
    if (one.kind == Operation::Kind::kWrite) return "w" + number(one.value);
    return number(one.expected) + ">" + number(one.value);
  }

  void fault_line(const FaultRecord& fault) {
    if (fault.applied == 0 || shown_.empty()) return;
    const double at = x(fault.applied) - kStep / 2;
    if (at <= kMargin || at >= width() - kStep) return;
    out_ << "<line class=\"life\" x1=\"" << at << "\" x2=\"" << at << "\" y1=\"14\" y2=\""
         << y(rows_.size()) << "\"/><text class=\"mark\" x=\"" << at + 3 << "\" y=\"12\">"
         << escape_markup(fault.spec.kind + " " + fault.spec.target) << "</text>";
  }

  void bar(size_t place) {
    const Operation& one = record_.history[place];
    const bool wrong = order_.stuck == place;
    const double left = x(one.called), top = y(rows_[one.process]);
    out_ << "<rect class=\""
         << (wrong                            ? "s down"
             : one.end == Operation::End::kOk ? "reign"
                                              : "s partial")
         << "\" x=\"" << left << "\" y=\"" << top << "\" width=\"" << end_x(one) - left
         << "\" height=\"18\"><title>" << escape_markup(one.process) << " " << label(one)
         << ", value " << one.value << "</title></rect><text class=\"on\" x=\"" << left + 3
         << "\" y=\"" << top + 13 << "\">" << label(one) << "</text>";
  }

  // Draws each as early as it can have been: after it began, and after those before it.
  void marks() {
    const std::set<size_t> seen(shown_.begin(), shown_.end());
    std::string line;
    double last = 0;
    for (const size_t place : order_.order) {
      if (!seen.contains(place)) continue;
      const Operation& one = record_.history[place];
      last = std::min(std::max(last + 3, x(one.called) + 2), end_x(one) - 1);
      const double middle = y(rows_[one.process]) + 21;
      line += std::to_string(last) + "," + std::to_string(middle) + " ";
      out_ << "<circle cx=\"" << last << "\" cy=\"" << middle << "\" r=\"2.5\"/>";
    }
    out_ << "<polyline class=\"order\" points=\"" << line << "\"/>";
  }

  const RunRecord& record_;
  Linearization order_;
  std::map<uint64_t, size_t> numbers_;
  Places shown_;
  std::set<Nanos> moments_;
  std::map<std::string, size_t> rows_;
  std::ostringstream out_;
};

}  // namespace

std::string order_view(const RunRecord& record, const std::vector<Anomaly>& anomalies) {
  std::map<std::string, Places> keys;
  for (size_t i = 0; i < record.history.size(); ++i) {
    const Operation& one = record.history[i];
    if (of_register(one)) keys[one.key].push_back(i);
  }
  std::ostringstream out;
  const char* open = " open";  // the first one is shown open
  for (const std::string& key : keys_to_show(keys, anomalies)) {
    OrderPicture picture(record, keys[key]);
    out << "<details" << std::exchange(open, "") << "><summary>" << escape_markup(key) << ": "
        << picture.heading() << "</summary><div class=\"wide\">" << picture.svg()
        << "</div></details>";
  }
  return out.str();
}

}  // namespace multiaz::chaos
