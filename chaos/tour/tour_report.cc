// The tour's table, and its JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/tour/tour.h"

namespace multiaz::chaos {

namespace {

using TourJson = nlohmann::ordered_json;

std::string lost_in(const TourRow& row, std::string_view fault) {
  const TourFault* found = fault_of(row, fault);
  return found ? std::to_string(found->carts_lost) : "-";
}

double rounded(double value, double step) {
  return static_cast<double>(static_cast<int64_t>(value / step + 0.5)) * step;
}

TourJson fault_json(const TourFault& fault) {
  return {{"fault", fault.name},          {"applied", fault.applied},
          {"recovered", fault.recovered}, {"overlapped", fault.overlapped},
          {"hit", fault.proof},           {"carts_lost", fault.carts_lost},
          {"outage_ms", fault.outage_ms}, {"failed_requests", fault.failed_requests}};
}

// null when the value does not apply.
template <typename T>
TourJson if_known(bool known, T value) {
  return known ? TourJson(value) : TourJson();
}

TourJson lost_json(const TourRow& row, std::string_view fault) {
  const TourFault* found = fault_of(row, fault);
  return found ? TourJson(found->carts_lost) : TourJson();
}

TourJson row_json(const TourRow& row) {
  const bool orders = row.stage->accounts;  // without accounts no shopper orders
  TourJson out = {{"stage", row.stage->name},
                  {"carts", row.carts},
                  {"carts_lost_next_request", row.carts_lost_next_request},
                  {"carts_lost_instance_kill", lost_json(row, "instance")},
                  {"carts_lost_cache_kill", lost_json(row, "cache")},
                  {"carts_lost_db_kill", lost_json(row, "db")},
                  {"carts_lost_zone_kill", lost_json(row, "zone")},
                  {"orders", if_known(orders, row.orders)},
                  {"orders_lost", if_known(orders, row.orders_lost)},
                  {"request_bytes_p50", row.request_bytes_p50},
                  {"cart_lines_at_most", if_known(row.lines_at_most > 0, row.lines_at_most)},
                  {"cart_whole_after_refusal", row.whole_after_refusal},
                  {"browses_per_s", rounded(row.browses_per_s, 1)},
                  {"primary_db_qps", rounded(row.primary_db_qps, 1)},
                  {"cache_hit_ratio", if_known(row.cache_hit_ratio.has_value(),
                                               rounded(row.cache_hit_ratio.value_or(0), 0.001))},
                  {"failed_requests", failed_requests(row)},
                  {"outage_ms", outage_ms(row)},
                  {"start_ms", row.start_ms},
                  {"elapsed_ms", row.elapsed_ms},
                  {"problem", row.problem},
                  {"faults", TourJson::array()}};
  for (const TourFault& fault : row.faults) out["faults"].push_back(fault_json(fault));
  if (row.beside) out["single_az"] = fault_json(*row.beside);
  for (const TriedPath& path : row.paths) {
    out["paths"].push_back({{"from", path.from},
                            {"to", path.to},
                            {"allowed", path.may},
                            {"open", path.open},
                            {"because", path.because}});
  }
  return out;
}

}  // namespace

std::string tour_text(const TourReport& report) {
  std::string out = fmt::format(
      "\n{:16}carts lost of   next  inst-               orders  bytes a  primary    hit  failed  "
      "outage\n{:<16}        carts  click   ance cache  zone   lost  request  stmts/s  ratio  "
      "reqs.      ms\n",
      "", "stage");
  for (const TourRow& row : report.rows) {
    const std::string orders = row.stage->accounts ? std::to_string(row.orders_lost) : "-";
    const std::string ratio =
        row.cache_hit_ratio ? fmt::format("{:.2f}", *row.cache_hit_ratio) : "-";
    out +=
        fmt::format("{:<16}{:>13}{:>7}{:>7}{:>6}{:>6}{:>8} {:>8} {:>8.0f} {:>6} {:>7} {:>7}{}{}\n",
                    row.stage->name, row.carts, row.carts_lost_next_request,
                    lost_in(row, "instance"), lost_in(row, "cache"), lost_in(row, "zone"), orders,
                    row.request_bytes_p50, row.primary_db_qps, ratio, failed_requests(row),
                    outage_ms(row), row.problem.empty() ? "" : "  ", row.problem);
    if (!row.beside) continue;
    out +=
        fmt::format("{:<16}{:>13}{:20}{:>6}{:33}{:>8}{:>8}\n", "  in one zone", row.carts, "",
                    row.beside->carts_lost, "", row.beside->failed_requests, row.beside->outage_ms);
  }
  return out + fmt::format("\nseed {}, {} s\n", report.seed, report.elapsed_ms / 1000);
}

std::string tour_json(const TourReport& report) {
  TourJson out = {
      {"seed", report.seed}, {"elapsed_ms", report.elapsed_ms}, {"stages", TourJson::array()}};
  for (const TourRow& row : report.rows) out["stages"].push_back(row_json(row));
  return jsonio::dump(out);
}

}  // namespace multiaz::chaos
