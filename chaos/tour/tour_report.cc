// The tour's table, and its JSON.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/tour/tour.h"

namespace multiaz::chaos {

namespace {

using TourJson = nlohmann::ordered_json;

std::string left(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right(std::string text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string lost_in(const TourRow& row, std::string_view fault) {
  const TourFault* found = row.fault(fault);
  return found ? std::to_string(found->carts_lost) : "-";
}

double rounded(double value, double step) {
  return static_cast<double>(static_cast<int64_t>(value / step + 0.5)) * step;
}

std::string fixed(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

TourJson fault_json(const TourFault& fault) {
  TourJson out;
  out["fault"] = fault.name;
  out["applied"] = fault.applied;
  out["recovered"] = fault.recovered;
  out["overlapped"] = fault.overlapped;
  out["hit"] = fault.proof;
  out["carts_lost"] = fault.carts_lost;
  out["outage_ms"] = fault.outage_ms;
  out["failed_requests"] = fault.failed_requests;
  return out;
}

TourJson paths_json(const std::vector<TriedPath>& paths) {
  TourJson out = TourJson::array();
  for (const TriedPath& path : paths) {
    TourJson one;
    one["from"] = path.from;
    one["to"] = path.to;
    one["allowed"] = path.may;
    one["open"] = path.open;
    one["because"] = path.because;
    out.push_back(std::move(one));
  }
  return out;
}

TourJson lost_json(const TourRow& row, std::string_view fault) {
  const TourFault* found = row.fault(fault);
  return found ? TourJson(found->carts_lost) : TourJson();
}

TourJson row_json(const TourRow& row) {
  TourJson out;
  out["stage"] = row.stage->name;
  out["carts"] = row.carts;
  out["carts_lost_next_request"] = row.carts_lost_next_request;
  out["carts_lost_instance_kill"] = lost_json(row, "instance");
  out["carts_lost_cache_kill"] = lost_json(row, "cache");
  out["carts_lost_db_kill"] = lost_json(row, "db");
  out["carts_lost_zone_kill"] = lost_json(row, "zone");
  // Without accounts nobody orders: nothing can be said of it.
  out["orders"] = row.stage->accounts ? TourJson(row.orders) : TourJson();
  out["orders_lost"] = row.stage->accounts ? TourJson(row.orders_lost) : TourJson();
  out["request_bytes_p50"] = row.request_bytes_p50;
  out["cart_lines_at_most"] = row.lines_at_most ? TourJson(row.lines_at_most) : TourJson();
  out["cart_whole_after_refusal"] = row.whole_after_refusal;
  out["browses_per_s"] = rounded(row.browses_per_s, 1);
  out["primary_db_qps"] = rounded(row.primary_db_qps, 1);
  out["cache_hit_ratio"] =
      row.cache_hit_ratio ? TourJson(rounded(*row.cache_hit_ratio, 0.001)) : TourJson();
  out["failed_requests"] = row.failed_requests();
  out["outage_ms"] = row.outage_ms();
  out["start_ms"] = row.start_ms;
  out["elapsed_ms"] = row.elapsed_ms;
  out["problem"] = row.problem;
  out["faults"] = TourJson::array();
  for (const TourFault& fault : row.faults) out["faults"].push_back(fault_json(fault));
  if (row.beside) out["single_az"] = fault_json(*row.beside);
  if (!row.paths.empty()) out["paths"] = paths_json(row.paths);
  return out;
}

}  // namespace

std::string tour_text(const TourReport& report) {
  std::string out = "\n" + left("", 16) + "carts lost of   next  inst-        " +
                    "       orders  bytes a  primary    hit  failed  outage\n" + left("stage", 16) +
                    "        carts  click   ance cache  zone   lost  request" +
                    "  stmts/s  ratio  reqs.      ms\n";
  for (const TourRow& row : report.rows) {
    const std::string orders = row.stage->accounts ? std::to_string(row.orders_lost) : "-";
    const std::string ratio = row.cache_hit_ratio ? fixed(*row.cache_hit_ratio) : "-";
    char numbers[160];
    std::snprintf(numbers, sizeof numbers, "%8s %8llu %8.0f %6s %7llu %7llu", orders.c_str(),
                  static_cast<unsigned long long>(row.request_bytes_p50), row.primary_db_qps,
                  ratio.c_str(), static_cast<unsigned long long>(row.failed_requests()),
                  static_cast<unsigned long long>(row.outage_ms()));
    out += left(std::string(row.stage->name), 16) + right(std::to_string(row.carts), 13) +
           right(std::to_string(row.carts_lost_next_request), 7) +
           right(lost_in(row, "instance"), 7) + right(lost_in(row, "cache"), 6) +
           right(lost_in(row, "zone"), 6) + numbers +
           (row.problem.empty() ? "" : "  " + row.problem) + "\n";
    if (!row.beside) continue;
    out += left("  in one zone", 16) + right(std::to_string(row.carts), 13) + right("", 20) +
           right(std::to_string(row.beside->carts_lost), 6) + right("", 33) +
           right(std::to_string(row.beside->failed_requests), 8) +
           right(std::to_string(row.beside->outage_ms), 8) + "\n";
  }
  return out + "\nseed " + std::to_string(report.seed) + ", " +
         std::to_string(report.elapsed_ms / 1000) + " s\n";
}

std::string tour_json(const TourReport& report) {
  TourJson out;
  out["seed"] = report.seed;
  out["elapsed_ms"] = report.elapsed_ms;
  out["stages"] = TourJson::array();
  for (const TourRow& row : report.rows) out["stages"].push_back(row_json(row));
  return jsonio::dump(out);
}

}  // namespace multiaz::chaos
