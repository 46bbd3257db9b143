#include "chaos/tour/tour.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "base/core/clock.h"
#include "chaos/tour/stage_run.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

constexpr int kTourOk = 0, kTourViolated = 1, kTourInconclusive = 2, kTourUnhealthy = 3,
              kTourNotApplied = 4, kTourBadInput = 254;

// In --json mode stdout belongs to the object alone.
std::FILE* story(const TourOptions& options) {
  return options.json ? stderr : stdout;
}

void say(const TourOptions& options, const std::string& text) {
  std::fprintf(story(options), "%s\n", text.c_str());
  std::fflush(story(options));
}

// For a class: the question, and time to answer it. Blocks: nothing else happens meanwhile but the
// shop itself.
void wait_for_the_class(const TourOptions& options, const std::string& question) {
  say(options, "\n    ? " + question + "\n      (Enter goes on)");
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

int judge(const TourReport& report) {
  int code = kTourOk;
  for (const TourRow& row : report.rows) {
    if (!row.problem.empty() || row.carts == 0) return kTourUnhealthy;
    if (row.interrupted) return kTourInconclusive;
    if (row.beside && !row.beside->applied) return kTourNotApplied;
    for (const TriedPath& path : row.paths) {
      if (path.open != path.may) code = kTourViolated;
    }
    for (const TourFault& fault : row.faults) {
      if (!fault.applied) return kTourNotApplied;
      if (!fault.recovered) code = kTourUnhealthy;
      if (!fault.overlapped && code == kTourOk) code = kTourInconclusive;
    }
  }
  return code;
}

}  // namespace

const TourFault* TourRow::fault(std::string_view name) const {
  for (const TourFault& one : faults) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

uint64_t TourRow::failed_requests() const {
  uint64_t sum = 0;
  for (const TourFault& one : faults) sum += one.failed_requests;
  return sum;
}

uint64_t TourRow::outage_ms() const {
  uint64_t longest = 0;
  for (const TourFault& one : faults) longest = std::max(longest, one.outage_ms);
  return longest;
}

rt::Task<int> tour(TourOptions options) {
  const auto stages = chosen_stages(options);
  if (!stages) {
    std::fprintf(stderr, "%s\n", stages.error().detail.c_str());
    co_return kTourBadInput;
  }
  if (const Status page = check_output_file(options.html); !page) {
    std::fprintf(stderr, "--html: %s\n", page.error().detail.c_str());
    co_return kTourBadInput;
  }
  TourReport report;
  report.seed = options.seed;
  const Nanos began = monotonic_now();
  for (const Stage* stage : *stages) {
    say(options, "\n" + std::string(stage->name) + ": " + std::string(stage->title));
    const Teller tell = [&options](const std::string& text) { say(options, "    " + text); };
    const Teller before = [&options, stage](const std::string& fault) {
      if (!options.pause) return;
      if (fault.empty()) return wait_for_the_class(options, std::string(stage->ask));
      wait_for_the_class(options, "next: SIGKILL of " +
                                      (fault == "zone" ? "a whole zone" : "the " + fault) +
                                      ". What will be lost?");
    };
    TourRow row = co_await run_stage(*stage, options, tell, before);
    if (!row.problem.empty()) say(options, "    " + row.problem);
    say(options, "    " + std::string(stage->why));
    const bool interrupted = row.interrupted;
    report.rows.push_back(std::move(row));
    if (interrupted) break;
  }
  report.elapsed_ms = (monotonic_now() - began) / kMillisecond;
  say(options, tour_text(report));
  if (!options.html.empty()) {
    std::ofstream page(options.html);
    page << tour_html(report);
    if (!page) {
      std::fprintf(stderr, "%s cannot be written\n", options.html.c_str());
      co_return kTourBadInput;
    }
  }
  if (options.json) std::printf("%s\n", tour_json(report).c_str());
  co_return judge(report);
}

}  // namespace multiaz::chaos
