// The output of the demonstration at its end.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/demo/demo.h"
#include "chaos/judge/judge.h"
#include "chaos/judge/rounds.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kFindingsShownMax = 20;

Json findings_json(const std::vector<Finding>& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    if (out.size() == kFindingsShownMax) break;
    out.push_back({{"kind", to_string(finding.kind)},
                   {"session", finding.session},
                   {"subject", finding.subject},
                   {"text", finding.text},
                   {"told_by", finding.told_by}});
  }
  return out;
}

std::string findings_text(const char* title, const std::vector<Finding>& findings) {
  if (findings.empty()) return "";
  std::string out = fmt::format("\n{} ({})\n", title, findings.size());
  for (size_t i = 0; i < findings.size() && i < kFindingsShownMax; ++i) {
    const Finding& one = findings[i];
    out += fmt::format("  {}: session {}, {}: {}\n", to_string(one.kind), one.session, one.subject,
                       one.text);
  }
  if (findings.size() > kFindingsShownMax) out += "  ...\n";
  return out;
}

std::string verdict_text(const DemoReport& report) {
  const FinalReading& r = report.record.reading;
  std::string out = fmt::format(
      "\n{:<28}{:>8}   lost {}\n{:<28}{:>8}   lost {}, in doubt {}\n"
      "{:<28}{:>8}   lost {}, duplicate {}\n{:<28}{:>8}   failed {}\n"
      "{:<28}{:>8} ms / {} MB / {} s\n\n{}\n",
      "carts", r.carts, r.lost_carts, "acknowledged cart writes", r.acked_writes, r.lost_writes,
      r.in_doubt_writes, "acknowledged orders", r.orders, r.lost_orders, r.duplicate_orders,
      "requests", report.record.requests.size(), failures_in(report.record),
      "start / memory / whole run", report.start_ms, report.memory_mb, report.elapsed_ms / 1000,
      report.headline);
  if (!report.problem.empty()) out += "inconclusive: " + report.problem + "\n";
  if (r.unread > 0) out += fmt::format("inconclusive: {} carts unread\n", r.unread);
  return out +
         (report.ok ? "\nVERDICT: nothing that was acknowledged is lost\n" : "\nVERDICT: NOT OK\n");
}

Json round_json(const DemoReport& report, const RoundRecord& round) {
  const RoundFigures row = figures_of(report.record, round);
  return {{"fault", round.name},
          {"applied", row.bit},
          {"detect_ms", row.detect_ms},
          {"outage_ms", row.outage_ms},
          {"failed_requests", row.failed},
          {"redundancy_restored_ms", row.whole_again_ms},
          {"recovered", round.whole},
          {"took_over", row.took_over},
          {"proof", row.proof}};
}

}  // namespace

std::string report_text(const DemoReport& report) {
  std::string out = fmt::format(
      "\n{:<34}{:<5}detect  outage  failed   whole   took over\n"
      "{:39}    ms      ms   reqs.      ms\n",
      "fault", "bit", "");
  for (const RoundRecord& round : report.record.rounds) {
    const RoundFigures row = figures_of(report.record, round);
    out += fmt::format("{:<34}{:<5}{:>6}  {:>6}  {:>6}  {:>6}   {}{}{}\n", round.name,
                       row.bit ? "yes" : "NO", row.detect_ms, row.outage_ms, row.failed,
                       row.whole_again_ms, row.took_over, round.whole ? "" : " NOT RECOVERED",
                       row.overlapped ? "" : " NO LOAD");
  }
  out += findings_text("what the shoppers lost", report.record.reading.findings);
  out += findings_text("stale or wrong readings while shopping", report.record.stale_reads);
  return out + verdict_text(report);
}

std::string report_json(const DemoReport& report) {
  const RunRecord& record = report.record;
  const FinalReading& r = record.reading;
  Json faults = Json::array();
  for (const RoundRecord& round : record.rounds) faults.push_back(round_json(report, round));
  return jsonio::dump(Json{{"ok", report.ok},
                           {"headline", report.headline},
                           {"carts", r.carts},
                           {"lost_carts", r.lost_carts},
                           {"acked_cart_writes", r.acked_writes},
                           {"lost_acked_cart_writes", r.lost_writes},
                           {"orders", r.orders},
                           {"lost_orders", r.lost_orders},
                           {"duplicate_orders", r.duplicate_orders},
                           {"requests", record.requests.size()},
                           {"failed_requests", failures_in(record)},
                           {"start_ms", report.start_ms},
                           {"memory_mb", report.memory_mb},
                           {"faults", std::move(faults)},
                           {"in_doubt_cart_writes", r.in_doubt_writes},
                           {"stale_reads", record.stale_reads.size()},
                           {"unjudged_sessions", r.unjudged},
                           {"unread", r.unread},
                           {"clean", report.clean},
                           {"seed", record.scenario.seed},
                           {"elapsed_ms", report.elapsed_ms},
                           {"problem", report.problem},
                           {"lost", findings_json(r.findings)},
                           {"stale", findings_json(record.stale_reads)}});
}

}  // namespace multiaz::chaos
