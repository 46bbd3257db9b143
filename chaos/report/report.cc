#include "chaos/report/report.h"

#include <cstdio>
#include <sstream>

#include "chaos/report/page.h"

namespace multiaz::chaos {

namespace {

constexpr const char* kReportStyle = R"(
:root{color-scheme:light dark;--ink:#1d2430;--paper:#fbfaf7;--line:#b9bec7;--soft:#e9e7e0;--bad:#a4262c;--good:#1e6b3a;--reign:#9fc5e8;--mark:#2f7fc0}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#16191f;--line:#555c68;--soft:#232833;--bad:#ff9a94;--good:#8fd6a5;--reign:#2f5d86;--mark:#6db3ec}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:1.5rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin:2rem 0 .4rem}h3{font-size:1rem;margin:1rem 0 .2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
.ruling{font-weight:600;white-space:nowrap}.ruling.no{color:var(--bad)}.ruling.yes{color:var(--good)}
svg{width:100%;min-width:46rem;height:auto}text{fill:var(--ink);font:12px system-ui,sans-serif}
.fault{fill:var(--soft);stroke:var(--ink);stroke-width:1.5}.fault.missed{stroke-dasharray:4 3;fill:none}
.s.ok{fill:var(--good)}.s.slow{fill:none;stroke:var(--good);stroke-width:2}.s.partial{fill:none;stroke:var(--bad);stroke-width:2}
.s.down{fill:none;stroke:var(--bad);stroke-width:2;stroke-dasharray:3 3}.s.none{fill:var(--line)}
.reign{fill:var(--reign);stroke:var(--ink)}.life,.tick{stroke:var(--line)}.tick{opacity:.5}.mark{fill:var(--bad);font-weight:700}
.order{fill:none;stroke:var(--bad)}
.band{fill:var(--ink);fill-opacity:.12;stroke:var(--ink);stroke-opacity:.5}.ok:not(.s){fill:none;stroke:var(--mark);stroke-width:3;stroke-linecap:square;opacity:.75}
.failed{fill:none;stroke:var(--bad);stroke-width:1.8}.ring{fill:none;stroke:var(--ink);stroke-width:2}.span{fill:var(--mark);opacity:.25}
#latency{cursor:crosshair;touch-action:pan-x pan-y;user-select:none}
#latency-tip{position:fixed;z-index:1;max-width:20rem;pointer-events:none;padding:.2rem .5rem;border:1px solid var(--line);border-radius:.3rem;background:var(--paper);font-size:.85rem}
button{font:inherit;padding:.1rem .6rem;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:.3rem}
code{background:var(--soft);padding:.1rem .3rem;border-radius:.2rem}article{border-left:3px solid var(--bad);padding-left:1rem;margin:1rem 0}
a:focus-visible,summary:focus-visible{outline:3px solid var(--good)}@media print{body{max-width:none}}
)";

void claims_table(const Verdict& verdict, std::ostringstream& out) {
  out << "<table><thead><tr><th>ruling</th><th>claim</th><th>figures</th></tr></thead><tbody>";
  for (const Claim& claim : verdict.claims) {
    const bool holds = claim.ruling == Ruling::kHolds;
    out << "<tr><td class=\"ruling " << (holds ? "yes\">\xE2\x9C\x93 " : "no\">\xE2\x9C\x97 ")
        << to_string(claim.ruling) << "</td><td>" << escape_markup(claim.name) << "</td><td>"
        << escape_markup(claim.text) << "</td></tr>";
  }
  out << "</tbody></table>";
}

void faults_table(const RunRecord& record, std::ostringstream& out) {
  out << "<div class=\"wide\"><table><thead><tr><th>fault</th><th>target</th><th>struck</th>"
         "<th>healed</th><th>proof</th></tr></thead><tbody>";
  const auto at = [&](Nanos moment) { return moment == 0 ? "never" : since_load(record, moment); };
  for (const FaultRecord& fault : record.faults) {
    std::string who = fault.spec.target;
    for (const std::string& id : fault.targets) {
      if (id != fault.spec.target && who.size() < 80) who += " " + id;
    }
    out << "<tr><td>" << escape_markup(fault.spec.name + " " + fault.spec.kind) << "</td><td>"
        << escape_markup(who) << "</td><td>" << at(fault.applied) << "</td><td>" << at(fault.healed)
        << "</td><td>" << (fault.bit ? "" : "did not bite: ") << escape_markup(fault.proof)
        << "</td></tr>";
  }
  out << "</tbody></table></div>";
}

void events_list(const RunRecord& record, std::ostringstream& out) {
  out << "<details><summary>Everything the control plane wrote down (" << record.events.size()
      << " events)</summary><ul>";
  for (const Event& event : record.events) out << event_item(record, event);
  out << "</ul></details>";
}

}  // namespace

std::string ms_text(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 && ms > -10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

std::string since_load(const RunRecord& record, Nanos at) {
  return ms_text((static_cast<double>(at) - static_cast<double>(record.load_from)) / kMillisecond);
}

std::string event_item(const RunRecord& record, const Event& event) {
  return "<li>" + since_load(record, event.at) + " <b>" + escape_markup(event.kind) + "</b> " +
         escape_markup(event.target) + ": " + escape_markup(event.text) + "</li>";
}

std::string report_html(const RunRecord& record, const JudgedRun& judged) {
  const Verdict& verdict = judged.verdict;
  const Axis axis = axis_of(record);
  const bool good = verdict.worst() == Ruling::kHolds;
  std::ostringstream out;
  out << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>"
      << escape_markup(verdict.name) << "</title><style>" << kReportStyle
      << "</style></head><body><main><h1>" << (good ? "\xE2\x9C\x93 " : "\xE2\x9C\x97 ")
      << escape_markup(record.scenario.title) << "</h1><p><b>" << escape_markup(verdict.headline)
      << "</b></p><p><b>"
      << (good ? "All claims hold." : "Verdict: " + std::string(to_string(verdict.worst())) + ".")
      << "</b> " << escape_markup(verdict.name) << ", seed " << record.scenario.seed << ", "
      << record.requests.size() << " requests, " << record.history.size()
      << " probe operations. Again: <code>" << escape_markup(verdict.replay) << "</code></p>";
  out << "<h2>Claims</h2><div class=\"wide\">";
  claims_table(verdict, out);
  out << "</div><h2>What happened when</h2><p>Availability in steps of 100 ms: full box ok, frame "
         "slow (over 500 ms), ~ partly failed, \xE2\x9C\x97 down, thin line nothing known. Lanes: "
         "who held the lease of a primary, in which epoch; \xE2\x9C\x97 its process ended.</p>"
      << "<div class=\"wide\">" << lanes_svg(record, axis) << "</div>";
  faults_table(record, out);
  if (!record.requests.empty()) out << latency_chart(record, axis);
  out << "<h2>Time to recover</h2>" << recovery_table(record);
  if (!record.control.empty()) {
    out << "<h2>Beside the same run without faults</h2>" << beside_table(record, judged);
  }
  out << "<h2>Data loss</h2>" << loss_table(record);
  if (!judged.anomalies.empty()) {
    out << "<h2>Anomalies</h2>" << anomaly_cards(record, judged.anomalies);
  }
  const std::string orders = order_view(record, judged.anomalies);
  if (!orders.empty()) {
    out << "<h2>In which order</h2><p>Operations of clients straight at the tiers around the "
           "fault, a lane for each client; only the order of beginnings and ends is to scale. w3 "
           "writes the third value, r3 reads it, 3&gt;4 compares and sets; a frame: in doubt or "
           "failed. Dots: when each can have taken effect.</p>"
        << orders;
  }
  out << "<h2>Events</h2>";
  events_list(record, out);
  out << "</main></body></html>\n";
  return out.str();
}

}  // namespace multiaz::chaos
