// `multiaz tour`: the course's architectures side by side under the same shoppers and the same
// faults, and what each one loses.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rt/task.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

// The architectures of the tour, in order, in one table. Each is started from
// examples/stages/NAME.toml, compiled in.
struct Stage {
  std::string_view name;         // "stickiness"
  std::string_view file;         // "2-stickiness.toml"
  std::string_view title;        // one line
  std::string_view why;          // two sentences that explain the numbers
  std::string_view ask;          // what a class may predict before the faults are injected
  bool accounts;                 // shoppers log in and order
  std::string_view beside = "";  // a file: the same in one zone, under the same zone loss
};
std::span<const Stage> tour_stages();
const Stage* find_stage(std::string_view name);  // null: there is none

// The text of that stage's file.
std::string_view stage_toml(const Stage& stage);

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

// The paths that security groups forbid, tried for real: a connection from one instance's address
// to another's port, and the rule that decided. An allowed path is among them, so that "closed"
// means something.
struct TriedPath {
  std::string from, to;  // "internet" or an instance; "db-a1:5432"
  bool may = false;      // what the rules say
  bool open = false;     // what a connection attempt found
  std::string because;
};

struct TourRow {
  const Stage* stage = nullptr;
  size_t carts = 0;
  size_t carts_lost_next_request = 0;
  size_t orders = 0, orders_lost = 0;
  uint64_t request_bytes_p50 = 0;
  double browses_per_s = 0, primary_db_qps = 0;
  std::optional<double> cache_hit_ratio;  // nothing when no reads go through a cache
  size_t lines_at_most = 0;  // lines of a cart before the shop refused; 0 = it never did
  std::string refusal;
  bool whole_after_refusal = true;
  std::vector<TourFault> faults;
  std::vector<TriedPath> paths;     // for the last stage: what security groups allow
  std::optional<TourFault> beside;  // the same instances in one zone, and the same zone lost
  uint64_t start_ms = 0, elapsed_ms = 0;
  std::string problem;  // why the row proves nothing; "" if it does
  bool interrupted = false;
};
const TourFault* fault_of(const TourRow& row, std::string_view name);  // null: it was not tried
// The failed requests of all faults; the longest outage of any fault.
uint64_t failed_requests(const TourRow& row);
uint64_t outage_ms(const TourRow& row);

struct TourReport {
  std::vector<TourRow> rows;
  uint64_t seed = 0, elapsed_ms = 0;
};

// --- the parts
rt::Task<std::vector<TriedPath>> try_paths(Cluster& cluster);
// Prints the progress; may block (a teacher's pause).
using Teller = std::function<void(const std::string& text)>;

// `before_fault` is called with a fault's name before it is injected.
rt::Task<TourRow> run_stage(const Stage& stage, const TourOptions& options, Teller tell,
                            Teller before_fault);

// Exit codes: 0 every stage was measured; 2 the load did not overlap a fault; 3 a stage did not
// start or recover; 4 a fault had no verified effect; 254 bad input. Lost data is a result and not
// an error.
rt::Task<int> tour(TourOptions options);

std::string tour_text(const TourReport& report);
std::string tour_json(const TourReport& report);
std::string tour_html(const TourReport& report);

}  // namespace multiaz::chaos
