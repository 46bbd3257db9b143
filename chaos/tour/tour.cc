#include "chaos/tour/tour.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/core/clock.h"
#include "chaos/experiment/testbed.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

// In --json mode stdout is for the one object alone.
void tell(const TourOptions& options, const std::string& text) {
  say(options.json ? stderr : stdout, text);
}

// For a class: prints the question and gives time to answer it. This blocks the process: nothing
// but the cluster goes on meanwhile.
void wait_for_the_class(const TourOptions& options, const std::string& question) {
  tell(options, "\n    ? " + question + "\n      (Enter goes on)");
  std::string line;
  std::getline(std::cin, line);
}

Result<std::vector<const Stage*>> chosen_stages(const TourOptions& options) {
  std::vector<const Stage*> out;
  for (const std::string& name : options.stages) {
    const Stage* stage = find_stage(name);
    if (!stage) {
      std::string all;
      for (const Stage& one : tour_stages()) all += " " + std::string(one.name);
      return Error(Code::kInvalid, "unknown stage '" + name + "'; the stages are" + all);
    }
    out.push_back(stage);
  }
  if (!out.empty()) return out;
  for (const Stage& one : tour_stages()) out.push_back(&one);
  return out;
}

Ruling judge(const TourReport& report) {
  Ruling out = Ruling::kHolds;
  for (const TourRow& row : report.rows) {
    if (!row.problem.empty() || row.carts == 0) return Ruling::kUnhealthy;
    if (row.interrupted) return Ruling::kInconclusive;
    if (row.beside && !row.beside->applied) return Ruling::kNotApplied;
    for (const TriedPath& path : row.paths) {
      if (path.open != path.may) out = Ruling::kViolated;
    }
    for (const TourFault& fault : row.faults) {
      if (!fault.applied) return Ruling::kNotApplied;
      if (!fault.recovered) out = Ruling::kUnhealthy;
      if (!fault.overlapped && out == Ruling::kHolds) out = Ruling::kInconclusive;
    }
  }
  return out;
}

}  // namespace

const TourFault* fault_of(const TourRow& row, std::string_view name) {
  for (const TourFault& one : row.faults) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

uint64_t failed_requests(const TourRow& row) {
  uint64_t sum = 0;
  for (const TourFault& one : row.faults) sum += one.failed_requests;
  return sum;
}

uint64_t outage_ms(const TourRow& row) {
  uint64_t longest = 0;
  for (const TourFault& one : row.faults) longest = std::max(longest, one.outage_ms);
  return longest;
}

rt::Task<int> tour(TourOptions options) {
  const auto stages = chosen_stages(options);
  if (!stages) co_return complain_about(stages.error());
  const Status page = check_output_files({{"--html", options.html}});
  if (!page) co_return complain_about(page.error());
  TourReport report;
  report.seed = options.seed;
  const Nanos began = monotonic_now();
  for (const Stage* stage : *stages) {
    tell(options, "\n" + std::string(stage->name) + ": " + std::string(stage->title));
    const Teller story = [&options](const std::string& text) { tell(options, "    " + text); };
    const Teller before = [&options, stage](const std::string& fault) {
      if (!options.pause) return;
      if (fault.empty()) return wait_for_the_class(options, std::string(stage->ask));
      wait_for_the_class(options, "next: SIGKILL of " +
                                      (fault == "zone" ? "a whole zone" : "the " + fault) +
                                      ". What will be lost?");
    };
    TourRow row = co_await run_stage(*stage, options, story, before);
    if (!row.problem.empty()) tell(options, "    " + row.problem);
    tell(options, "    " + std::string(stage->why));
    const bool interrupted = row.interrupted;
    report.rows.push_back(std::move(row));
    if (interrupted) break;
  }
  report.elapsed_ms = (monotonic_now() - began) / kMillisecond;
  tell(options, tour_text(report));
  if (!options.html.empty()) {
    std::ofstream out(options.html);
    out << tour_html(report);
    if (!out) {
      co_return complain_about(Error(Code::kInvalid, options.html + " cannot be written"));
    }
  }
  if (options.json) say(stdout, tour_json(report));
  co_return exit_code(judge(report));
}

}  // namespace multiaz::chaos
