
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "base/core/duration.h"
#include "base/core/jsonio.h"
#include "chaos/experiment/testbed.h"
#include "chaos/run/run.h"
#include "chaos/run/run_folder.h"
#include "chaos/run/verbs.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

struct Tally {
  uint64_t rounds = 0, faults = 0, bit = 0, requests = 0, failed = 0, probes = 0;
  uint64_t acked_writes = 0, orders = 0, lost_writes = 0, lost_orders = 0, anomalies = 0;
  uint64_t longest_outage_ms = 0;
  std::map<std::string, int64_t> decided;  // by claim: rounds that did, less all others

  void add(const RunResult& result) {
    const RunRecord& record = result.record;
    ++rounds;
    for (const Claim& claim : result.judged.verdict.claims) {
      decided[claim.name] += claim.ruling == Ruling::kInconclusive ? -1 : 1;
    }
    faults += record.faults.size();
    for (const FaultRecord& fault : record.faults) bit += fault.bit;
    requests += record.requests.size();
    failed += failures_in(record);
    probes += record.history.size();
    acked_writes += record.reading.acked_writes;
    orders += record.reading.orders;
    lost_writes += record.reading.lost_writes;
    lost_orders += record.reading.lost_orders;
    anomalies += result.judged.anomalies.size();
    for (const Path path : kShopPaths) {
      const Nanos gap = longest_outage(record, path, first_strike(record), record.load_until);
      longest_outage_ms = std::max<uint64_t>(longest_outage_ms, gap / kMillisecond);
    }
  }
};

// A claim may be inconclusive in a round; one that more rounds leave open than decide is not
// proven.
std::string undecided(const Tally& tally) {
  std::string out;
  for (const auto& [claim, balance] : tally.decided) {
    if (balance <= 0) out += (out.empty() ? "" : ", ") + claim;
  }
  return tally.rounds == 0 ? "there was no round" : out;
}

// Faults without a verified effect are counted over all rounds; this skips them.
Ruling round_ruling(const Verdict& verdict) {
  Ruling worst = Ruling::kHolds;
  for (const Claim& claim : verdict.claims) {
    const bool wrong = claim.ruling == Ruling::kViolated || claim.ruling == Ruling::kUnhealthy;
    if (wrong && claim.ruling > worst) worst = claim.ruling;
  }
  return worst;
}

void tell_round(const RunResult& result, const MonkeyWords& words) {
  size_t bit = 0;
  std::string kinds;
  for (const FaultRecord& fault : result.record.faults) {
    bit += fault.bit;
    kinds += (kinds.empty() ? "" : " ") + fault.spec.kind + (fault.bit ? "" : "(missed)");
  }
  const RunRecord& record = result.record;
  say(words.json ? stderr : stdout,
      fmt::format("round {}: {} of {} faults bit; {} requests, {} of {} orders lost; {}",
                  record.scenario.name, bit, record.faults.size(), record.requests.size(),
                  record.reading.lost_orders, record.reading.orders, kinds));
}

std::string tally_json(const Tally& tally, const MonkeyWords& words, uint64_t elapsed_ms,
                       int code) {
  return jsonio::dump(nlohmann::ordered_json{{"ok", code == 0},
                                             {"exit_code", code},
                                             {"seed", words.plan.seed},
                                             {"at_once", words.plan.at_once},
                                             {"elapsed_s", elapsed_ms / 1000},
                                             {"rounds", tally.rounds},
                                             {"faults", tally.faults},
                                             {"faults_bit", tally.bit},
                                             {"requests", tally.requests},
                                             {"failed_requests", tally.failed},
                                             {"probe_operations", tally.probes},
                                             {"acked_writes", tally.acked_writes},
                                             {"orders", tally.orders},
                                             {"lost_writes", tally.lost_writes},
                                             {"lost_orders", tally.lost_orders},
                                             {"anomalies", tally.anomalies},
                                             {"longest_outage_ms", tally.longest_outage_ms}});
}

// To be called when no round was bad: did enough rounds decide, and did enough faults have an
// effect?
int code_of_all(const Tally& tally) {
  const std::string open = undecided(tally);
  if (!open.empty()) {
    std::fprintf(stderr, "too few rounds decided: %s\n", open.c_str());
    return exit_code(Ruling::kInconclusive);
  }
  const uint64_t missed = tally.faults - tally.bit;
  if (missed * 100 > tally.faults * kMissedPercentMax) return exit_code(Ruling::kNotApplied);
  return 0;
}

}  // namespace

rt::Task<int> monkey_verb(MonkeyWords words) {
  const auto for_ms = parse_duration_ms(words.duration);
  if (!for_ms || *for_ms == 0) {
    co_return complain_about(Error(
        Code::kInvalid, "--for: '" + words.duration + "' is not a duration like 90s, 10m or 1h"));
  }
  const Status made = check_output_folder(words.out);
  if (!made) co_return complain_about(made.error());
  Testbed testbed;
  TestbedOptions own;
  own.up.name = "monkey-" + std::to_string(getpid());
  own.up.profile = "";
  const Status begun = co_await testbed.begin(own);
  if (!begun) co_return complain_about(begun.error());
  const Nanos began = monotonic_now(), end = began + *for_ms * kMillisecond;
  Tally tally;
  int code = 0;
  for (uint64_t round = 0; monotonic_now() < end && code == 0; ++round) {
    RunOptions options;
    options.cluster = own.up.name;
    options.folder = words.out + "/round-" + std::to_string(round);
    options.quiet = true;
    const auto done = co_await run_scenario(monkey_round(words.plan, round), options);
    if (!done) {
      (void)complain_about(done.error());
      code = exit_code(Ruling::kUnhealthy);
      break;
    }
    tally.add(*done);
    tell_round(*done, words);
    code = exit_code(round_ruling(done->judged.verdict));
    if (done->record.interrupted && code == 0) code = exit_code(Ruling::kInconclusive);
    if (code == 1 || code == 3) {
      std::fprintf(stderr, "%s", verdict_text(done->judged).c_str());
    } else {
      std::error_code ignored;
      std::filesystem::remove_all(options.folder, ignored);
    }
  }
  const Status down = co_await testbed.leave();
  if (!down) {
    (void)complain_about(down.error());
    code = exit_code(Ruling::kViolated);
  }
  if (code == 0) code = code_of_all(tally);
  const uint64_t elapsed_ms = (monotonic_now() - began) / kMillisecond;
  say(stdout, tally_json(tally, words, elapsed_ms, code));
  co_return code;
}

}  // namespace multiaz::chaos
