// What the demonstration prints at its end.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/demo/demo.h"
#include "chaos/judge/rounds.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFindingsShownMax = 20;

uint64_t failed_of(const DemoReport& report) {
  const auto& all = report.record.requests;
  return static_cast<uint64_t>(
      std::count_if(all.begin(), all.end(), [](const Request& one) { return !one.ok; }));
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string number(uint64_t value, size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    if (out.size() == kFindingsShownMax) break;
    Json one;
    one["kind"] = to_string(finding.kind);
    one["session"] = finding.session;
    one["subject"] = finding.subject;
    one["text"] = finding.text;
    one["told_by"] = finding.told_by;
    out.push_back(std::move(one));
  }
  return out;
}

std::string findings_text(const std::string& title, const std::vector<Finding>& findings) {
  if (findings.empty()) return "";
  std::string out = "\n" + title + " (" + std::to_string(findings.size()) + ")\n";
  for (size_t i = 0; i < findings.size() && i < kFindingsShownMax; ++i) {
    const Finding& finding = findings[i];
    out += "  " + std::string(to_string(finding.kind)) + ": session " + finding.session + ", " +
           finding.subject + ": " + finding.text + "\n";
  }
  if (findings.size() > kFindingsShownMax) out += "  ...\n";
  return out;
}

std::string verdict_text(const DemoReport& report) {
  const FinalReading& r = report.record.reading;
  std::string out = "\n";
  out +=
      padded("carts", 28) + number(r.carts, 8) + "   lost " + std::to_string(r.lost_carts) + "\n";
  out += padded("acknowledged cart writes", 28) + number(r.acked_writes, 8) + "   lost " +
         std::to_string(r.lost_writes) + ", in doubt " + std::to_string(r.in_doubt_writes) + "\n";
  out += padded("acknowledged orders", 28) + number(r.orders, 8) + "   lost " +
         std::to_string(r.lost_orders) + ", duplicate " + std::to_string(r.duplicate_orders) + "\n";
  out += padded("requests", 28) + number(report.record.requests.size(), 8) + "   failed " +
         std::to_string(failed_of(report)) + "\n";
  out += padded("start / memory / whole run", 28) + number(report.start_ms, 8) + " ms / " +
         std::to_string(report.memory_mb) + " MB / " + std::to_string(report.elapsed_ms / 1000) +
         " s\n";
  out += "\n" + report.headline + "\n";
  if (!report.problem.empty()) out += "inconclusive: " + report.problem + "\n";
  if (r.unread > 0) out += "inconclusive: " + std::to_string(r.unread) + " carts unread\n";
  out += report.ok ? "\nVERDICT: nothing that was acknowledged is lost\n" : "\nVERDICT: NOT OK\n";
  return out;
}

}  // namespace

std::string report_text(const DemoReport& report) {
  std::string out = "\n" + padded("fault", 34) + padded("bit", 5) +
                    "detect  outage  failed   whole   took over\n" + padded("", 39) +
                    "    ms      ms   reqs.      ms\n";
  for (const RoundRecord& round : report.record.rounds) {
    const RoundFigures row = figures_of(report.record, round);
    out += padded(round.name, 34) + padded(row.bit ? "yes" : "NO", 5) + number(row.detect_ms, 6) +
           "  " + number(row.outage_ms, 6) + "  " + number(row.failed, 6) + "  " +
           number(row.whole_again_ms, 6) + "   " + row.took_over +
           (round.whole ? "" : " NOT RECOVERED") + (row.overlapped ? "" : " NO LOAD") + "\n";
  }
  out += findings_text("what the shoppers lost", report.record.reading.findings);
  out += findings_text("stale or wrong readings while shopping", report.record.stale_reads);
  return out + verdict_text(report);
}

std::string report_json(const DemoReport& report) {
  const FinalReading& r = report.record.reading;
  Json out;
  out["ok"] = report.ok;
  out["headline"] = report.headline;
  out["carts"] = r.carts;
  out["lost_carts"] = r.lost_carts;
  out["acked_cart_writes"] = r.acked_writes;
  out["lost_acked_cart_writes"] = r.lost_writes;
  out["orders"] = r.orders;
  out["lost_orders"] = r.lost_orders;
  out["duplicate_orders"] = r.duplicate_orders;
  out["requests"] = report.record.requests.size();
  out["failed_requests"] = failed_of(report);
  out["start_ms"] = report.start_ms;
  out["memory_mb"] = report.memory_mb;
  Json faults = Json::array();
  for (const RoundRecord& round : report.record.rounds) {
    const RoundFigures row = figures_of(report.record, round);
    Json one;
    one["fault"] = round.name;
    one["applied"] = row.bit;
    one["detect_ms"] = row.detect_ms;
    one["outage_ms"] = row.outage_ms;
    one["failed_requests"] = row.failed;
    one["redundancy_restored_ms"] = row.whole_again_ms;
    one["recovered"] = round.whole;
    one["took_over"] = row.took_over;
    one["proof"] = row.proof;
    faults.push_back(std::move(one));
  }
  out["faults"] = std::move(faults);
  out["in_doubt_cart_writes"] = r.in_doubt_writes;
  out["stale_reads"] = report.record.stale_reads.size();
  out["unjudged_sessions"] = r.unjudged;
  out["unread"] = r.unread;
  out["clean"] = report.clean;
  out["seed"] = report.record.scenario.seed;
  out["elapsed_ms"] = report.elapsed_ms;
  out["problem"] = report.problem;
  out["lost"] = findings_json(r.findings);
  out["stale"] = findings_json(report.record.stale_reads);
  return jsonio::dump(out);
}

}  // namespace multiaz::chaos
