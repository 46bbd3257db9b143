#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "base/core/paths.h"
#include "chaos/checkers/compare_and_set.h"
#include "chaos/checkers/part.h"
#include "chaos/checkers/registers.h"
#include "chaos/checkers/sets.h"
#include "chaos/checkers/staleness.h"
#include "chaos/checkers/verdict.h"
#include "chaos/experiment/testbed.h"
#include "chaos/judge/enough.h"
#include "chaos/plan/text_file.h"
#include "chaos/run/digest.h"
#include "chaos/run/run_folder.h"
#include "chaos/run/verbs.h"

namespace multiaz::chaos {

namespace {

using CheckJson = nlohmann::ordered_json;

constexpr size_t kAnomaliesShownMax = 20;

int refuse_check(const std::string& text) {
  return complain_about(Error(Code::kInvalid, text));
}

std::string event_text(const Operation& one) {
  History alone = {one};
  std::string text = write_history(alone);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

CheckJson judgement_json(const Judgement& judgement, const History& history) {
  CheckJson out = {{"algorithm", judgement.algorithm},
                   {"gave_up", judgement.gave_up},
                   {"operations", judgement.operations},
                   {"anomalies", judgement.anomalies.size()},
                   {"shown", CheckJson::array()}};
  for (size_t i = 0; i < judgement.anomalies.size() && i < kAnomaliesShownMax; ++i) {
    const Anomaly& anomaly = judgement.anomalies[i];
    CheckJson operations = CheckJson::array();
    for (const size_t place : anomaly.places) operations.push_back(event_text(history[place]));
    out["shown"].push_back(
        {{"key", anomaly.key}, {"text", anomaly.text}, {"operations", std::move(operations)}});
  }
  return out;
}

void print_judgement(const char* what, const Judgement& judgement, const History& history) {
  say(stdout, fmt::format("{}: {} operations, {} anomalies ({})", what, judgement.operations,
                          judgement.anomalies.size(), judgement.algorithm));
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

bool write_edn(const std::string& path, const History& history) {
  if (path.empty()) return true;
  std::ofstream edn(path);
  edn << to_edn(history);
  edn.flush();
  return edn.good();
}

// The operations on a key show what kind of object it is.
std::set<std::string_view> compared_keys(const History& history) {
  std::set<std::string_view> out;
  for (const Operation& one : history) {
    if (one.kind == Operation::Kind::kCas) out.insert(one.key);
  }
  return out;
}

using Judged = std::vector<std::pair<const char*, Judgement>>;

Judged judge_all(const History& history) {
  const auto compared = compared_keys(history);
  const auto of_replica = [](const Operation& one) { return one.key.starts_with(kReplicaKeys); };
  if (compared.empty() && std::ranges::none_of(history, of_replica)) {  // it may be too big to copy
    return {{"registers", judge_registers(history)}, {"sets", judge_sets(history)}};
  }
  const auto judged = [&](const Part& part, auto judge_it) {
    Judgement out = judge_it(part.history);
    out.anomalies = back_in_place(std::move(out.anomalies), part);
    return out;
  };
  const auto swaps = [&](const Operation& one) { return compared.contains(one.key); };
  const auto plain = [&](const Operation& one) { return !swaps(one) && !of_replica(one); };
  const Part others = part_where(history, plain), swapped = part_where(history, swaps);
  Judged out;
  out.emplace_back("registers", judged(others, judge_registers));
  out.emplace_back("sets", judged(others, judge_sets));
  out.emplace_back("compare-and-set", judged(swapped, [](const History& part) {
                     return judge_compare_and_set(part);
                   }));
  return out;
}

// Judges a whole run again, from its folder: the same claims, the same verdict.
int check_run(const CheckOptions& options) {
  auto record = read_run(options.path, !options.no_digest);
  if (!record) return refuse_check(record.error().detail);
  std::string doubts = std::exchange(record->doubts, "");
  JudgedRun judged = judge(*record);
  const std::string other = options.no_digest ? "" : other_verdict(options.path, judged);
  if (!other.empty()) doubts += (doubts.empty() ? "" : "; ") + other;
  if (!doubts.empty()) {
    record->doubts = std::move(doubts);
    judged = judge(*record);
  }
  if (!write_edn(options.edn, record->history)) {
    return refuse_check(options.edn + " cannot be written");
  }
  if (options.json)
    say(stdout, result_json(*record, judged));
  else
    std::printf("%s", verdict_text(judged).c_str());
  return exit_code(judged.verdict.worst());
}

// The run's files other than the history: any of them makes a folder a run's folder, even if others
// are missing.
bool is_run(const std::string& folder) {
  constexpr const char* kNames[] = {"run.json",       "scenario.toml", "digest.json",
                                    "requests.jsonl", "events.jsonl",  "faults.jsonl",
                                    "result.json"};
  return std::ranges::any_of(kNames,
                             [&](const char* name) { return path_exists(folder + "/" + name); });
}

// Without a record, the evidence is the answered operations of each sort that the history has, and
// that reads are among them.
std::string too_little(const char* sort, const History& history, const Judgement& judgement) {
  if (judgement.operations == 0) return "";
  using Kind = Operation::Kind;
  const std::string_view name(sort);
  const auto compared = compared_keys(history);
  size_t answered = 0, looks = 0;
  for (const Operation& one : history) {
    const bool set = one.kind == Kind::kAdd || one.kind == Kind::kReadSet;
    const bool swaps = compared.contains(one.key);
    const bool mine = name == "sets" ? set : !set && swaps == (name == "compare-and-set");
    if (!mine || one.end != Operation::End::kOk) continue;
    ++answered;
    looks += one.kind != Kind::kWrite && one.kind != Kind::kAdd;
  }
  if (answered >= enough::kOperations && looks > 0) return "";
  return fmt::format(
      "{}: {} operations were answered ({} are needed), and {} of them looked at what is there",
      sort, answered, enough::kOperations, looks);
}

struct Weighed {
  Ruling ruling = Ruling::kHolds;
  std::string why;
};

Weighed weigh(const Judged& all, const History& history) {
  Weighed out;
  size_t operations = 0, anomalies = 0;
  for (const auto& [name, judgement] : all) {
    operations += judgement.operations;
    anomalies += judgement.anomalies.size();
    if (judgement.gave_up) out.why = "too many operations overlap";
    const std::string little = too_little(name, history, judgement);
    if (!little.empty()) out.why += (out.why.empty() ? "" : "; ") + little;
  }
  if (operations == 0) out.why = "nothing to judge";
  if (!out.why.empty()) out.ruling = Ruling::kInconclusive;
  if (anomalies > 0) out.ruling = Ruling::kViolated;
  return out;
}

// Whether keys are named as the probes of a run name them.
bool of_a_run(const History& history) {
  return std::ranges::any_of(history, [](const Operation& one) {
    return one.key.starts_with("chaos:register:") || one.key.starts_with("db:");
  });
}

}  // namespace

int check(const CheckOptions& options) {
  std::string path = options.path;
  const bool folder = is_folder(path);
  if (folder && is_run(path)) return check_run(options);
  if (folder) path += "/history.jsonl";
  const Nanos began = monotonic_now();
  const auto text = read_text(path);
  if (!text) return refuse_check(text.error().detail);
  const auto history = read_history(*text);
  if (!history) return refuse_check(path + ": " + history.error().detail);
  const Nanos loaded = monotonic_now();
  const Judged all = judge_all(*history);
  const Nanos judged = monotonic_now();
  if (!write_edn(options.edn, *history)) return refuse_check(options.edn + " cannot be written");
  Weighed weighed = weigh(all, *history);
  if (folder && of_a_run(*history) && weighed.ruling == Ruling::kHolds) {
    weighed.ruling = Ruling::kInconclusive;
    weighed.why = "this is the history of a run, and nothing else of its folder is there";
  }
  if (options.json) {
    CheckJson out = {{"ok", weighed.ruling == Ruling::kHolds},
                     {"ruling", to_string(weighed.ruling)},
                     {"why", weighed.why}};
    for (const auto& [name, judgement] : all) out[name] = judgement_json(judgement, *history);
    out["load_ms"] = (loaded - began) / kMillisecond;
    out["judge_ms"] = (judged - loaded) / kMillisecond;
    say(stdout, jsonio::dump(out));
    return exit_code(weighed.ruling);
  }
  for (const auto& [name, judgement] : all) {
    if (judgement.operations > 0) print_judgement(name, judgement, *history);
  }
  say(stdout, fmt::format("{} (judged in {} ms)",
                          weighed.ruling == Ruling::kHolds      ? "OK"
                          : weighed.ruling == Ruling::kViolated ? "NOT OK"
                                                                : weighed.why + ": inconclusive",
                          (judged - loaded) / kMillisecond));
  return exit_code(weighed.ruling);
}

}  // namespace multiaz::chaos
