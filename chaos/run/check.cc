#include "chaos/run/check.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/core/clock.h"
#include "chaos/checkers/compare_and_set.h"
#include "chaos/checkers/part.h"
#include "chaos/checkers/registers.h"
#include "chaos/checkers/sets.h"
#include "chaos/checkers/staleness.h"
#include "chaos/checkers/verdict.h"
#include "chaos/plan/text_file.h"
#include "chaos/run/run_folder.h"

namespace multiaz::chaos {

namespace {

using CheckJson = nlohmann::ordered_json;

constexpr size_t kAnomaliesShownMax = 20;

int refuse_check(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return kExitBadInput;
}

std::string event_text(const Operation& one) {
  History alone = {one};
  std::string text = write_history(alone);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

CheckJson judgement_json(const Judgement& judgement, const History& history) {
  CheckJson out;
  out["algorithm"] = judgement.algorithm;
  out["gave_up"] = judgement.gave_up;
  out["operations"] = judgement.operations;
  out["anomalies"] = judgement.anomalies.size();
  out["shown"] = CheckJson::array();
  for (size_t i = 0; i < judgement.anomalies.size() && i < kAnomaliesShownMax; ++i) {
    const Anomaly& anomaly = judgement.anomalies[i];
    CheckJson one;
    one["key"] = anomaly.key;
    one["text"] = anomaly.text;
    one["operations"] = CheckJson::array();
    for (const size_t place : anomaly.places)
      one["operations"].push_back(event_text(history[place]));
    out["shown"].push_back(std::move(one));
  }
  return out;
}

void print_judgement(const char* what, const Judgement& judgement, const History& history) {
  std::printf("%s: %zu operations, %zu anomalies (%s)\n", what, judgement.operations,
              judgement.anomalies.size(), judgement.algorithm.c_str());
  for (size_t i = 0; i < judgement.anomalies.size() && i < kAnomaliesShownMax; ++i) {
    const Anomaly& anomaly = judgement.anomalies[i];
    std::printf("  key %s: %s\n", anomaly.key.c_str(), anomaly.text.c_str());
    for (const size_t place : anomaly.places) {
      std::string text = event_text(history[place]);
      for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 7))
        text.replace(at, 1, "\n      ");
      std::printf("      %s\n", text.c_str());
    }
  }
}

// By what was done to a key it is known what it is.
using Judged = std::vector<std::pair<const char*, Judgement>>;

Judged judge_all(const History& history) {
  std::set<std::string> compared;
  bool plain_only = true;
  for (const Operation& one : history) {
    if (one.kind == Operation::Kind::kCas) compared.insert(one.key);
    plain_only = plain_only && compared.empty() && !one.key.starts_with(kReplicaKeys);
  }
  if (plain_only) {  // no copies of a million operations
    return {{"registers", judge_registers(history)}, {"sets", judge_sets(history)}};
  }
  const auto judged = [&](const Part& part, auto judge_it) {
    Judgement out = judge_it(part.history);
    out.anomalies = back_in_place(std::move(out.anomalies), part);
    return out;
  };
  const auto swaps = [&](const Operation& one) { return compared.contains(one.key); };
  const auto plain = [&](const Operation& one) {
    return !swaps(one) && !one.key.starts_with(kReplicaKeys);
  };
  const Part others = part_where(history, plain), swapped = part_where(history, swaps);
  Judged out;
  out.emplace_back("registers", judged(others, judge_registers));
  out.emplace_back("sets", judged(others, judge_sets));
  out.emplace_back("compare-and-set", judged(swapped, [](const History& part) {
                     return judge_compare_and_set(part);
                   }));
  return out;
}

// A whole run again, from its folder: the same claims, the same verdict.
int check_run(const CheckOptions& options) {
  const auto record = read_run(options.path);
  if (!record) return refuse_check(record.error().detail);
  const JudgedRun judged = judge(*record);
  if (!options.edn.empty()) {
    std::ofstream edn(options.edn);
    edn << to_edn(record->history);
    if (!edn) return refuse_check(options.edn + " cannot be written");
  }
  if (options.json)
    std::printf("%s\n", result_json(*record, judged).c_str());
  else
    std::printf("%s", verdict_text(judged).c_str());
  return exit_code(judged.verdict.worst());
}

}  // namespace

int check(const CheckOptions& options) {
  std::string path = options.path;
  if (std::filesystem::exists(path + "/run.json")) return check_run(options);
  if (std::filesystem::is_directory(path)) path += "/history.jsonl";
  const Nanos began = monotonic_now();
  const auto text = read_text(path);
  if (!text) return refuse_check(text.error().detail);
  const auto history = read_history(*text);
  if (!history) return refuse_check(path + ": " + history.error().detail);
  const Nanos loaded = monotonic_now();
  const Judged all = judge_all(*history);
  const Nanos judged = monotonic_now();
  if (!options.edn.empty()) {
    std::ofstream edn(options.edn);
    edn << to_edn(*history);
    if (!edn) return refuse_check(options.edn + " cannot be written");
  }
  size_t operations = 0, anomalies = 0;
  bool gave_up = false;
  for (const auto& [name, judgement] : all) {
    operations += judgement.operations;
    anomalies += judgement.anomalies.size();
    gave_up = gave_up || judgement.gave_up;
  }
  Ruling ruling = Ruling::kHolds;
  if (operations == 0 || gave_up) ruling = Ruling::kInconclusive;
  if (anomalies > 0) ruling = Ruling::kViolated;
  if (options.json) {
    CheckJson out;
    out["ok"] = ruling == Ruling::kHolds;
    for (const auto& [name, judgement] : all) out[name] = judgement_json(judgement, *history);
    out["load_ms"] = (loaded - began) / kMillisecond;
    out["judge_ms"] = (judged - loaded) / kMillisecond;
    std::printf("%s\n", out.dump().c_str());
    return exit_code(ruling);
  }
  for (const auto& [name, judgement] : all) {
    if (judgement.operations > 0) print_judgement(name, judgement, *history);
  }
  std::printf("%s (judged in %llu ms)\n",
              ruling == Ruling::kHolds      ? "OK"
              : ruling == Ruling::kViolated ? "NOT OK"
              : gave_up                     ? "too many operations overlap: inconclusive"
                                            : "nothing to judge: inconclusive",
              static_cast<unsigned long long>((judged - loaded) / kMillisecond));
  return exit_code(ruling);
}

}  // namespace multiaz::chaos
