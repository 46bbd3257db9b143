// `multiaz tour`: the course's architectures under the same shoppers and the same faults, side by
// side: what each one loses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/rt/task.h"
#include "chaos/cluster.h"
#include "chaos/tour/forbidden.h"
#include "chaos/tour/stages.h"

namespace multiaz::chaos {

struct TourOptions {
  bool json = false;
  bool pause = false;               // for a teacher: ask, wait for Enter, show
  std::string html;                 // a page to write; "" = none
  std::vector<std::string> stages;  // by name; empty = all
  Engines engines;
  size_t carts = 40;
  uint64_t seed = 1;
};

// One fault of one stage.
struct TourFault {
  std::string name;  // "instance" "cache" "db" "zone"
  bool applied = false, recovered = false, overlapped = false;
  std::string proof;
  size_t carts_lost = 0;  // of TourRow::carts
  uint64_t outage_ms = 0, failed_requests = 0;
};

struct TourRow {
  const Stage* stage = nullptr;
  size_t carts = 0;
  size_t carts_lost_next_request = 0;
  size_t orders = 0, orders_lost = 0;
  uint64_t request_bytes_p50 = 0;
  double browses_per_s = 0, primary_db_qps = 0;
  std::optional<double> cache_hit_ratio;  // nothing where nobody reads through a cache
  size_t lines_at_most = 0;               // of a cart, before the shop refused; 0 = it never did
  std::string refusal;
  bool whole_after_refusal = true;
  std::vector<TourFault> faults;
  std::vector<TriedPath> paths;     // of the last stage: what security groups let through
  std::optional<TourFault> beside;  // the same machines in one zone, and the same zone lost
  uint64_t start_ms = 0, elapsed_ms = 0;
  std::string problem;  // why the row proves nothing; "" if it does
  bool clean = false;   // nothing was left behind
  bool interrupted = false;

  [[nodiscard]] const TourFault* fault(std::string_view name) const;
  [[nodiscard]] uint64_t failed_requests() const;
  [[nodiscard]] uint64_t outage_ms() const;
};

struct TourReport {
  std::vector<TourRow> rows;
  uint64_t seed = 0, elapsed_ms = 0;
};

// Exit codes: 0 every stage was measured; 2 the load did not overlap a fault; 3 a stage did not
// start or come back; 4 a fault did not bite; 254 bad input. What is lost is the lesson, no error.
rt::Task<int> tour(TourOptions options);

std::string tour_text(const TourReport& report);
std::string tour_json(const TourReport& report);
std::string tour_html(const TourReport& report);

}  // namespace multiaz::chaos
