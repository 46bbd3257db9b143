
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ranges>

#include "base/core/jsonio.h"
#include "chaos/cluster.h"
#include "chaos/experiment/testbed.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/run/run.h"
#include "chaos/run/verbs.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

// A deliberate mistake: its section, the scenario that shows it, and the claims that may catch it
// (parts of their names). Mistakes of the replication that need a rare order of events are for the
// simulator, whose checks have names; it tries up to kSimulatedSeeds seeds.
struct KnownBug {
  const char* name;
  const char* section;   // of cluster.toml
  const char* scenario;  // "" = the simulator
  const char* caught_by;
  const char* story;
};
constexpr KnownBug kKnownBugs[] = {
    {"ack-before-replicate", "cluster", "db-primary-cut-then-killed", "lost|linearizable",
     "Redis: acknowledged before any replica has it"},
    {"ack-before-replicate", "cluster", "cache-primary-cut-then-killed", "lost|linearizable",
     "the same, in the cache"},
    {"no-fencing", "cluster", "cache-primary-loses-everybody-in-turn", "leases|linearizable",
     "the old primary goes on answering"},
    {"naive-cache-aside", "web", "cache-in-front-stale-set", "shows what the database has",
     "a slow reader brings an old value back"},
    {"no-idempotency", "web", "web-dies-after-the-order", "twice|correct shop|lost",
     "a repeated checkout is a second order"},
    {"replay-post", "lb", "web-dies-after-the-order", "executed twice",
     "the load balancer sends a POST to a second instance when the first has died"},
    {"no-fencing", "", "", "", "the old primary goes on answering"},
    {"cached-clock-lease", "", "", "", "the lease is judged by the event loop's cached clock"},
    {"truncate-by-commit", "", "", "", "Kafka, KIP-101: cut to one's own commit point"},
    {"retry-fsync", "", "", "", "fsyncgate: the second sync is believed"},
    {"empty-restart-ok", "", "", "", "Redis: an empty primary is followed"},
    {"shrink-without-cm", "", "", "", "Patroni: alone when the standby is gone"},
    {"forget-view", "", "", "", "a view is acted on before it is durable"},
    {"serve-too-early", "", "", "", "a new primary serves before all have its view"},
    {"lease-from-receipt", "", "", "", "a lease counts from when the answer came"},
    {"apply-uncommitted", "", "", "", "MySQL semi-sync: applied on receipt"},
    {"read-on-lead", "", "", "", "a former primary shows readers its past as soon as it follows"},
    {"leave-before-stored", "", "", "", "messages of a view leave before it is durable"},
    {"serve-before-applied", "", "", "", "a new primary serves with a state behind its log"},
    {"apply-before-rebuild", "", "", "", "records meet a state that holds what never committed"},
};
constexpr uint64_t kSimulatedSeeds = 1000;
constexpr uint64_t kRunsPerTimeMax = 3;

struct Catch {
  bool caught = false;
  bool counts = true;  // a miss on a machine that stood still meanwhile proves nothing
  std::string by;
};

struct Row {
  uint64_t caught = 0, counted = 0, runs = 0;
  std::string by;  // the claims or checks, or the observation when it was missed
};

bool names_one(const std::string& text, const std::string& words) {
  return std::ranges::any_of(std::views::split(words, '|'), [&](const auto& word) {
    return text.find(std::string_view(word.begin(), word.end())) != std::string::npos;
  });
}

rt::Task<Catch> catch_live(const KnownBug& bug, uint64_t seed, std::string folder) {
  Catch out;
  auto scenario = load_scenario(bug.scenario);
  if (!scenario) {
    out.by = scenario.error().detail;
    co_return out;
  }
  scenario->seed = seed;
  set_topology(*scenario, bug.section, "bug", bug.name);
  RunOptions options;
  options.quiet = true;
  options.folder = folder;
  const auto done = co_await run_scenario(std::move(*scenario), options);
  if (!done) {
    out.by = done.error().detail;
    co_return out;
  }
  for (const Claim& claim : done->judged.verdict.claims) {
    const bool fits = claim.ruling == Ruling::kViolated && names_one(claim.name, bug.caught_by);
    if (fits && out.caught) continue;
    if (fits) out.by = claim.name;
    if (!fits && !out.caught && claim.ruling != Ruling::kHolds) out.by = "only " + claim.name;
    out.caught = out.caught || fits;
  }
  out.counts = out.caught || done->record.standstills.empty();
  std::error_code ignored;
  if (out.caught) std::filesystem::remove_all(folder, ignored);
  co_return out;
}

// The simulator prints "seed 118 at 1004 ms: lease-overlap: a serves ..."; the check's name is in
// it.
rt::Task<Catch> catch_simulated(const KnownBug& bug, uint64_t number) {
  const std::string seeds = std::to_string(kSimulatedSeeds);
  const std::string first = std::to_string(1 + number * kSimulatedSeeds);
  const auto done =
      co_await run_command({program_folder() + "/replication_simulator", "--bug", bug.name,
                            "--seeds", seeds, "--failures", "1", "--first", first});
  Catch out;
  if (!done) {
    out.by = done.error().detail;
    co_return out;
  }
  const size_t at = done->output.find(" ms: ");
  out.caught = done->exit_code == 1 && done->output.starts_with("seed ") && at != std::string::npos;
  if (out.caught) {
    out.by = done->output.substr(at + 5, done->output.find(':', at + 5) - at - 5);
  } else {
    out.by = "nothing in " + seeds + " seeds";
  }
  co_return out;
}

// Makes `times` tries that count, each with a seed of its own.
rt::Task<Row> catch_all(const KnownBug& bug, uint64_t times, std::string out) {
  Row row;
  while (row.counted < times && row.runs < times * kRunsPerTimeMax) {
    ++row.runs;
    const std::string folder = out + "/" + bug.name + "-" + std::to_string(row.runs);
    Catch found;
    if (*bug.scenario != 0)
      found = co_await catch_live(bug, row.runs, folder);
    else
      found = co_await catch_simulated(bug, row.runs - 1);
    row.counted += found.counts;
    row.caught += found.caught;
    if (!found.counts) found.by = "the machine stood still";
    if (row.by.find(found.by) == std::string::npos) {
      row.by += (row.by.empty() ? "" : "; ") + found.by;
    }
  }
  co_return row;
}

const char* place_of(const KnownBug& bug) {
  return *bug.scenario != 0 ? bug.scenario : "simulator";
}

nlohmann::ordered_json json_of(const KnownBug& bug, const Row& row, uint64_t times) {
  return {{"bug", bug.name}, {"scenario", place_of(bug)}, {"caught", row.caught},
          {"times", times},  {"counted", row.counted},    {"runs", row.runs},
          {"by", row.by}};
}

std::string text_of(const KnownBug& bug, const Row& row) {
  const std::string runs = row.runs > row.counted ? fmt::format(" ({} runs)", row.runs) : "";
  return fmt::format("{:<21} {:<36} {} of {}{}  {}", bug.name, place_of(bug), row.caught,
                     row.counted, runs, row.by);
}

}  // namespace

rt::Task<int> bugs_verb(BugWords words) {
  const Status made = check_output_folder(words.out);
  if (!made) co_return complain_about(made.error());
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  bool missed = false, enough = true;
  for (const KnownBug& bug : kKnownBugs) {
    if (!words.only.empty() && words.only != bug.name) continue;
    const Row row = co_await catch_all(bug, words.times, words.out);
    missed = missed || row.caught < row.counted;
    enough = enough && row.counted == words.times;
    rows.push_back(json_of(bug, row, words.times));
    say(words.json ? stderr : stdout, text_of(bug, row));
  }
  if (rows.empty()) {
    co_return complain_about(Error(Code::kNotFound, "there is no bug \"" + words.only + "\""));
  }
  if (words.json) say(stdout, jsonio::dump(rows));
  Ruling ruling = Ruling::kHolds;
  if (!enough) ruling = Ruling::kInconclusive;
  if (missed) ruling = Ruling::kViolated;
  co_return exit_code(ruling);
}

}  // namespace multiaz::chaos
