// The tour as one self-contained page: a picture of each architecture, the injected faults, the
// numbers, and why.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "chaos/checkers/verdict.h"
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

// The parts of a stage's file that the picture needs.
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

// Draws tiers as rows and zones as columns.
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

std::string cell(const auto& value) {
  return fmt::format("<td>{}</td>", value);
}

std::string judged_cell(const auto& value, bool good) {
  return fmt::format("<td class=\"{}\">{}</td>", good ? "good" : "bad", value);
}

std::string lost_cell(size_t lost) {
  return judged_cell(lost, lost == 0);
}

std::string lost_cell(const TourRow& row, std::string_view fault) {
  const TourFault* found = fault_of(row, fault);
  return found ? lost_cell(found->carts_lost) : cell("&ndash;");
}

std::string table_head(const std::string& caption, std::initializer_list<std::string> heads) {
  std::string out = "<div class=\"wide\"><table>" + caption + "<thead><tr>";
  for (const std::string& head : heads) out += "<th scope=\"col\">" + head + "</th>";
  return out + "</tr></thead><tbody>\n";
}

std::string summary_row(const TourRow& row) {
  return fmt::format("<tr><td><a href=\"#{0}\">{0}</a></td>", row.stage->name) + cell(row.carts) +
         lost_cell(row.carts_lost_next_request) + lost_cell(row, "instance") +
         lost_cell(row, "cache") + lost_cell(row, "zone") +
         (row.orders ? lost_cell(row.orders_lost) : cell("&ndash;")) + cell(row.request_bytes_p50) +
         cell(fmt::format("{:.0f}", row.primary_db_qps)) +
         cell(row.cache_hit_ratio ? fmt::format("{:.2f}", *row.cache_hit_ratio) : "\xE2\x80\x93") +
         cell(failed_requests(row)) + cell(outage_ms(row)) + "</tr>\n";
}

std::string paths_table(const std::vector<TriedPath>& paths) {
  if (paths.empty()) return "";
  std::string out = table_head("<caption>Who may talk to whom, tried</caption>",
                               {"from", "to", "found", "because"});
  for (const TriedPath& path : paths) {
    out += "<tr>" + cell(path.from) + cell(path.to) +
           judged_cell(path.open ? "open" : "refused", path.open == path.may) +
           cell(escape_markup(path.because)) + "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string stage_section(const TourRow& row) {
  std::string out = fmt::format(
      "<section id=\"{0}\"><h2>{0}: {1}</h2>\n<p>{2}</p>\n<figure>{3}</figure>\n", row.stage->name,
      escape_markup(row.stage->title), escape_markup(row.stage->why), picture(*row.stage));
  if (!row.problem.empty()) return out + "<p>" + escape_markup(row.problem) + "</p></section>\n";
  if (row.lines_at_most) {
    out += fmt::format("<p>After {} lines the shop said: <q>{}</q></p>\n", row.lines_at_most,
                       escape_markup(row.refusal));
  }
  out += table_head("<caption>What was killed</caption>",
                    {"killed", "processes", fmt::format("carts lost of {}", row.carts), "outage ms",
                     "failed requests"});
  for (const TourFault& fault : row.faults) {
    out += "<tr>" + cell(fault.name) + cell(escape_markup(fault.proof)) +
           lost_cell(fault.carts_lost) + cell(fault.outage_ms) + cell(fault.failed_requests) +
           "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (const auto& beside = row.beside) {
    out += fmt::format(
        "<p>The same machines, all in one zone, and the same zone lost: {} carts lost, away for {} "
        "ms, {} failed requests.</p>\n",
        beside->carts_lost, beside->outage_ms, beside->failed_requests);
  }
  return out + paths_table(row.paths) + "</section>\n";
}

}  // namespace

std::string tour_html(const TourReport& report) {
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>MyClothes.com "
      "through its stages</title><meta name=\"viewport\" content=\"width=device-width\"><style>{}"
      "</style></head><body><main>\n<h1>MyClothes.com through its stages</h1>\n<p>The same seeded "
      "shoppers (seed {}) and the same faults in every architecture: SIGKILL of a web instance, of "
      "the cache, of the database's primary, and of a whole zone for a second. Measured, not "
      "scripted.</p>\n",
      kStyle, report.seed);
  out += table_head(
      "", {"stage", "carts", "lost at the next click", "lost with an instance",
           "lost with the cache", "lost with the zone", "orders lost", "bytes a request",
           "statements/s on the primary", "hit ratio", "failed requests", "longest outage, ms"});
  for (const TourRow& row : report.rows) out += summary_row(row);
  out += "</tbody></table></div>\n";
  for (const TourRow& row : report.rows) out += stage_section(row);
  return out + "</main></body></html>\n";
}

}  // namespace multiaz::chaos
