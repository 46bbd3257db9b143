// The details of what went wrong: the operations of each anomaly with the control plane's events
// around them; the lost writes; the recovery time, in parts.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "chaos/judge/judge.h"
#include "chaos/report/mttr.h"
#include "chaos/report/page.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kCardsMax = 10;
constexpr size_t kOperationsMax = 12;
constexpr size_t kLossRowsMax = 100;
constexpr Nanos kAroundAnomaly = 50 * kMillisecond;

const char* verb_of(const Operation& one) {
  switch (one.kind) {
    case Operation::Kind::kWrite: return "write";
    case Operation::Kind::kRead: return "read";
    case Operation::Kind::kAdd: return "add";
    case Operation::Kind::kReadSet: return "read all";
    case Operation::Kind::kCas: return "compare and set";
  }
  return "";
}

std::string values_of(const Operation& one) {
  if (one.kind == Operation::Kind::kReadSet) return "";
  const std::string value = std::to_string(one.value);
  if (one.kind != Operation::Kind::kCas) return value;
  return std::to_string(one.expected) + " to " + value;
}

const char* end_of(const Operation& one) {
  switch (one.end) {
    case Operation::End::kOk: return "ok";
    case Operation::End::kFail: return "failed";
    case Operation::End::kInfo: return "in doubt";
  }
  return "";
}

// One row of a Lamport diagram for each client, with just these operations.
std::string picture(const RunRecord& record, const std::vector<size_t>& places) {
  Nanos from = kNeverEnded, to = 0;
  for (const size_t place : places) {
    const Operation& one = record.history[place];
    from = std::min(from, one.called);
    to = std::max(to, one.returned == kNeverEnded ? one.called + kMillisecond : one.returned);
  }
  const Axis axis{from, std::max(to, from + 1), 150, 560};
  std::ostringstream out;
  out << "<svg role=\"img\" viewBox=\"0 0 740 " << places.size() * 22 + 6
      << "\"><title>When each of these operations began and ended</title>";
  double y = 4;
  for (const size_t place : places) {
    const Operation& one = record.history[place];
    const double x = axis.x(one.called);
    const double end = one.returned == kNeverEnded ? axis.left + axis.width : axis.x(one.returned);
    out << "<text x=\"2\" y=\"" << y + 13 << "\">" << escape_markup(one.process)
        << "</text><rect class=\"" << (one.returned == kNeverEnded ? "s partial" : "reign")
        << "\" x=\"" << x << "\" y=\"" << y << "\" width=\"" << std::max(2.0, end - x)
        << "\" height=\"16\"/><text class=\"on\" x=\"" << std::min(x + 4, 640.0) << "\" y=\""
        << y + 13 << "\">" << verb_of(one) << " " << values_of(one) << "</text>";
    y += 22;
  }
  out << "</svg>";
  return out.str();
}

void operations(const RunRecord& record, const std::vector<size_t>& places,
                std::ostringstream& out) {
  out << "<table><thead><tr><th>client</th><th>operation</th><th>value</th><th>began</th>"
         "<th>ended</th><th>outcome</th></tr></thead><tbody>";
  for (const size_t place : places) {
    const Operation& one = record.history[place];
    out << "<tr><td>" << escape_markup(one.process) << "</td><td>" << verb_of(one) << "</td><td>"
        << (one.kind == Operation::Kind::kReadSet ? std::to_string(one.seen.size()) + " values"
                                                  : values_of(one))
        << "</td><td>" << since_load(record, one.called) << "</td><td>"
        << (one.returned == kNeverEnded ? "never" : since_load(record, one.returned)) << "</td><td>"
        << end_of(one) << "</td></tr>";
  }
  out << "</tbody></table>";
}

void events_around(const RunRecord& record, Nanos from, Nanos to, std::ostringstream& out) {
  out << "<ul>";
  size_t shown = 0;
  for (const Event& event : record.events) {
    if (event.at + kAroundAnomaly < from || event.at > to + kAroundAnomaly) continue;
    if (++shown > kOperationsMax) break;
    out << event_item(record, event);
  }
  out << "</ul>";
}

}  // namespace

std::string anomaly_cards(const RunRecord& record, const std::vector<Anomaly>& anomalies) {
  std::ostringstream out;
  for (size_t i = 0; i < anomalies.size() && i < kCardsMax; ++i) {
    const Anomaly& one = anomalies[i];
    std::vector<size_t> places = one.places;
    if (places.size() > kOperationsMax) places.resize(kOperationsMax);
    std::erase_if(places, [&](size_t place) { return place >= record.history.size(); });
    out << "<article><h3>" << escape_markup(one.key) << "</h3><p>" << escape_markup(one.text)
        << "</p>";
    if (!places.empty()) {
      out << "<div class=\"wide\">" << picture(record, places) << "</div><div class=\"wide\">";
      operations(record, places, out);
      out << "</div>";
      Nanos from = kNeverEnded, to = 0;
      for (const size_t place : places) {
        const Operation& operation = record.history[place];
        from = std::min(from, operation.called);
        if (operation.returned != kNeverEnded) to = std::max(to, operation.returned);
      }
      events_around(record, from, to, out);
    }
    out << "</article>";
  }
  if (anomalies.size() > kCardsMax) {
    out << "<p>and " << anomalies.size() - kCardsMax
        << " more: <code>multiaz chaos check</code></p>";
  }
  return out.str();
}

std::string loss_table(const RunRecord& record) {
  std::vector<Finding> all = record.reading.findings;
  all.insert(all.end(), record.stale_reads.begin(), record.stale_reads.end());
  if (all.empty())
    return "<p>Nothing that was acknowledged is missing, twice, or somebody else's.</p>";
  std::ostringstream out;
  out << "<div class=\"wide\"><table><thead><tr><th>what</th><th>session</th><th>line, key or "
         "order</th><th>expected and seen</th><th>when</th><th>told by</th></tr></thead><tbody>";
  for (size_t i = 0; i < all.size() && i < kLossRowsMax; ++i) {
    out << "<tr><td>" << escape_markup(to_string(all[i].kind)) << "</td><td>"
        << escape_markup(all[i].session) << "</td><td>" << escape_markup(all[i].subject)
        << "</td><td>" << escape_markup(all[i].text) << "</td><td>"
        << (all[i].seen == 0 ? "" : since_load(record, all[i].seen)) << "</td><td>"
        << escape_markup(all[i].told_by) << "</td></tr>";
  }
  out << "</tbody></table></div>";
  if (all.size() > kLossRowsMax) out << "<p>and " << all.size() - kLossRowsMax << " more</p>";
  return out.str();
}

std::string beside_table(const RunRecord& record, const JudgedRun& judged) {
  std::ostringstream out;
  out << "<div class=\"wide\"><table><thead><tr><th>figure</th><th>this run</th>"
         "<th>without faults</th></tr></thead><tbody>";
  const Figures mine = figures_of(record, judged);
  for (size_t i = 0; i < mine.size() && i < record.control.size(); ++i) {
    out << "<tr><td>" << mine[i].first << "</td><td>" << mine[i].second << "</td><td>"
        << record.control[i].second << "</td></tr>";
  }
  out << "</tbody></table></div>";
  return out.str();
}

std::string recovery_table(const RunRecord& record) {
  std::ostringstream out;
  out << "<div class=\"wide\"><table><thead><tr><th>fault</th><th>path</th><th>felt</th>"
         "<th>detected</th><th>fenced</th><th>promoted</th><th>routed</th><th>restored (MTTR)</th>"
         "<th>redundant</th><th>warm</th></tr></thead><tbody>";
  for (const Recovery& one : recoveries(record)) {
    out << "<tr><td>" << escape_markup(one.fault) << "</td><td>" << one.path << "</td>";
    for (const auto& moment : {one.felt, one.detected, one.fenced, one.promoted, one.routed,
                               one.restored, one.redundant, one.warm}) {
      const bool seen = moment && *moment >= one.struck;
      out << "<td>"
          << (seen ? ms_text(static_cast<double>(*moment - one.struck) / kMillisecond) : "-")
          << "</td>";
    }
    out << "</tr>";
  }
  out << "</tbody></table></div><p>Time since the fault's system call had returned. Warm: reads "
         "through the cache in front of the database hit as often as in the second before, to 95 "
         "%; "
         "without such a cache nothing is measured.</p>";
  return out.str();
}

}  // namespace multiaz::chaos
