// The tour as one page that needs nothing else: a picture of each architecture, what was broken,
// the numbers, and why.
#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

#include "chaos/checkers/markup.h"
#include "chaos/tour/tour.h"

namespace multiaz::chaos {

namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--ink:#1d2430;--paper:#fbfaf7;--line:#b9bec7;--soft:#eceae4;--bad:#a4262c;--good:#1e6b3a}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--paper:#16191f;--line:#555c68;--soft:#232833;--bad:#ff9a94;--good:#8fd6a5}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin:2.5rem 0 .25rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;min-width:40rem}
th,td{text-align:right;padding:.3rem .7rem;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}thead th{vertical-align:bottom;font-weight:600}
.bad{color:var(--bad);font-weight:600}.bad::after{content:" \2717"}.good{color:var(--good)}.good::after{content:" \2713"}
figure{margin:1rem 0}svg{max-width:100%;height:auto}figcaption{font-size:.9rem}
.box{fill:var(--soft);stroke:var(--line)}.zone{fill:none;stroke:var(--line);stroke-dasharray:5 4}
text{fill:var(--ink);font:13px system-ui,sans-serif}
@media print{body{max-width:none}}
)";

// What a stage's file says, as far as the picture needs it.
struct Shape {
  int64_t zones = 3, web = 6, cache = 3, replicas = 1;
  bool standby = true;
};

Shape shape_of(const Stage& stage) {
  Shape out;
  std::istringstream lines{std::string(stage_toml(stage))};
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) section = line;
    const size_t equals = line.find(" = ");
    if (equals == std::string::npos || line.starts_with('#')) continue;
    const std::string key = section + line.substr(0, equals), value = line.substr(equals + 3);
    if (key == "[cluster]zones") out.zones = std::stoll(value);
    if (key == "[web]count") out.web = std::stoll(value);
    if (key == "[cache]count") out.cache = std::stoll(value);
    if (key == "[db]replicas") out.replicas = std::stoll(value);
    if (key == "[db]standby") out.standby = value == "true";
  }
  return out;
}

constexpr int kBoxWidth = 104, kBoxHeight = 30, kGap = 12, kRow = 58;

void box(std::ostringstream& out, int x, int y, const std::string& words) {
  out << "<rect class=\"box\" x=\"" << x << "\" y=\"" << y << "\" width=\"" << kBoxWidth
      << "\" height=\"" << kBoxHeight << "\" rx=\"5\"/><text x=\"" << x + kBoxWidth / 2 << "\" y=\""
      << y + 20 << "\" text-anchor=\"middle\">" << words << "</text>";
}

// Rows of tiers, columns of zones.
std::string picture(const Stage& stage) {
  const Shape shape = shape_of(stage);
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> lb, web, cache, db;
  for (int64_t i = 0; i < shape.zones; ++i) lb.emplace_back("load balancer");
  for (int64_t i = 0; i < shape.web; ++i) web.emplace_back("web");
  for (int64_t i = 0; i < shape.cache; ++i) cache.emplace_back(i == 0 ? "cache" : "cache replica");
  db.emplace_back("db primary");
  if (shape.standby) db.emplace_back("db standby");
  for (int64_t i = 0; i < shape.replicas; ++i) db.emplace_back("read replica");
  for (const auto* tier : {&lb, &web, &cache, &db}) {
    if (!tier->empty()) rows.push_back(*tier);
  }
  size_t deepest = 1;
  const auto zones = static_cast<size_t>(shape.zones);
  for (const auto& row : rows) deepest = std::max(deepest, (row.size() + zones - 1) / zones);
  const int zone_width = static_cast<int>(deepest) * (kBoxWidth + kGap) + kGap;
  const int width = static_cast<int>(zones) * (zone_width + kGap) + kGap;
  const int height = static_cast<int>(rows.size()) * kRow + 48;
  std::ostringstream out;
  out << "<svg role=\"img\" aria-label=\"" << escape_markup(stage.title) << "\" width=\"" << width
      << "\" height=\"" << height << "\" viewBox=\"0 0 " << width << " " << height << "\">";
  for (size_t z = 0; z < zones; ++z) {
    const int x = kGap + static_cast<int>(z) * (zone_width + kGap);
    out << "<rect class=\"zone\" x=\"" << x << "\" y=\"6\" width=\"" << zone_width << "\" height=\""
        << height - 12 << "\" rx=\"8\"/><text x=\"" << x + kGap << "\" y=\"26\">az-"
        << static_cast<char>('a' + z) << "</text>";
    for (size_t r = 0; r < rows.size(); ++r) {
      int column = 0;
      for (size_t i = z; i < rows[r].size(); i += zones) {
        box(out, x + kGap + column++ * (kBoxWidth + kGap), 36 + static_cast<int>(r) * kRow,
            rows[r][i]);
      }
    }
  }
  out << "</svg>";
  return out.str();
}

std::string cell(const std::string& text, const char* kind = nullptr) {
  return std::string("<td") + (kind ? " class=\"" + std::string(kind) + "\"" : "") + ">" + text +
         "</td>";
}

std::string lost_cell(const TourRow& row, std::string_view fault) {
  const TourFault* found = row.fault(fault);
  if (!found) return cell("&ndash;");
  return cell(std::to_string(found->carts_lost), found->carts_lost ? "bad" : "good");
}

std::string decimal(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string summary_row(const TourRow& row) {
  const size_t next = row.carts_lost_next_request;
  return "<tr><td><a href=\"#" + std::string(row.stage->name) + "\">" +
         std::string(row.stage->name) + "</a></td>" + cell(std::to_string(row.carts)) +
         cell(std::to_string(next), next ? "bad" : "good") + lost_cell(row, "instance") +
         lost_cell(row, "cache") + lost_cell(row, "zone") +
         (row.orders ? cell(std::to_string(row.orders_lost), row.orders_lost ? "bad" : "good")
                     : cell("&ndash;")) +
         cell(std::to_string(row.request_bytes_p50)) + cell(decimal(row.primary_db_qps, 0)) +
         cell(row.cache_hit_ratio ? decimal(*row.cache_hit_ratio, 2) : "\xE2\x80\x93") +
         cell(std::to_string(row.failed_requests())) + cell(std::to_string(row.outage_ms())) +
         "</tr>\n";
}

std::string paths_table(const std::vector<TriedPath>& paths) {
  if (paths.empty()) return "";
  std::string out =
      "<div class=\"wide\"><table><caption>Who may talk to whom, tried</caption><thead><tr>"
      "<th scope=\"col\">from</th><th scope=\"col\">to</th><th scope=\"col\">found</th>"
      "<th scope=\"col\">because</th></tr></thead><tbody>\n";
  for (const TriedPath& path : paths) {
    out += "<tr><td>" + path.from + "</td>" + cell(path.to) +
           cell(path.open ? "open" : "refused", path.open == path.may ? "good" : "bad") +
           cell(escape_markup(path.because)) + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string stage_section(const TourRow& row) {
  std::string out = "<section id=\"" + std::string(row.stage->name) + "\"><h2>" +
                    std::string(row.stage->name) + ": " + escape_markup(row.stage->title) +
                    "</h2>\n<p>" + escape_markup(row.stage->why) + "</p>\n<figure>" +
                    picture(*row.stage) + "</figure>\n";
  if (!row.problem.empty()) return out + "<p>" + escape_markup(row.problem) + "</p></section>\n";
  if (row.lines_at_most) {
    out += "<p>After " + std::to_string(row.lines_at_most) + " lines the shop said: <q>" +
           escape_markup(row.refusal) + "</q></p>\n";
  }
  out +=
      "<div class=\"wide\"><table><caption>What was killed</caption><thead><tr><th "
      "scope=\"col\">killed</th><th scope=\"col\">processes</th><th scope=\"col\">carts lost of " +
      std::to_string(row.carts) +
      "</th><th scope=\"col\">outage ms</th><th scope=\"col\">failed requests</th></tr></thead>"
      "<tbody>\n";
  for (const TourFault& fault : row.faults) {
    out += "<tr><td>" + fault.name + "</td>" + cell(escape_markup(fault.proof)) +
           cell(std::to_string(fault.carts_lost), fault.carts_lost ? "bad" : "good") +
           cell(std::to_string(fault.outage_ms)) + cell(std::to_string(fault.failed_requests)) +
           "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (row.beside) {
    out += "<p>The same machines, all in one zone, and the same zone lost: " +
           std::to_string(row.beside->carts_lost) + " carts lost, away for " +
           std::to_string(row.beside->outage_ms) + " ms, " +
           std::to_string(row.beside->failed_requests) + " failed requests.</p>\n";
  }
  return out + paths_table(row.paths) + "</section>\n";
}

}  // namespace

std::string tour_html(const TourReport& report) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>MyClothes.com "
      "through its stages</title><meta name=\"viewport\" content=\"width=device-width\"><style>" +
      std::string(kStyle) +
      "</style></head><body><main>\n<h1>MyClothes.com through its stages</h1>\n<p>The same seeded "
      "shoppers (seed " +
      std::to_string(report.seed) +
      ") and the same faults in every architecture: SIGKILL of a web instance, of the cache, of "
      "the "
      "database's primary, and of a whole zone for a second. Measured, not scripted.</p>\n"
      "<div class=\"wide\"><table><thead><tr><th scope=\"col\">stage</th>";
  for (const char* head :
       {"carts", "lost at the next click", "lost with an instance", "lost with the cache",
        "lost with the zone", "orders lost", "bytes a request", "statements/s on the primary",
        "hit ratio", "failed requests", "longest outage, ms"}) {
    out += std::string("<th scope=\"col\">") + head + "</th>";
  }
  out += "</tr></thead><tbody>\n";
  for (const TourRow& row : report.rows) out += summary_row(row);
  out += "</tbody></table></div>\n";
  for (const TourRow& row : report.rows) out += stage_section(row);
  return out + "</main></body></html>\n";
}

}  // namespace multiaz::chaos
