#include "chaos/toolkit/toolkit.h"

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "base/rt/joined.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "chaos/checkers/verdict.h"
#include "chaos/plan/text_file.h"
#include "chaos/toolkit/providers.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

using Journal = nlohmann::ordered_json;

constexpr uint64_t kContinuousMs = 1'000;

std::string iso(int64_t wall_ms) {
  std::string text = wall_text(wall_ms);
  text.pop_back();  // Chaos Toolkit writes UTC without a Z
  return text;
}

// Parses a value that this program wrote itself.
Journal parsed(const JsonText& text) {
  auto value = jsonio::parse<Journal>(text, 2 * jsonio::kDepthMax);
  return value ? std::move(*value) : Journal(text);
}

Journal activity_json(const Activity& activity) {
  const bool process = activity.provider == "process";
  Journal provider = {{"type", activity.provider}};
  provider[process ? "path" : "url"] = process ? activity.path : activity.url;
  if (process) provider["arguments"] = activity.arguments;
  if (!process) provider["method"] = activity.method;
  Journal out = {
      {"type", activity.type}, {"name", activity.name}, {"provider", std::move(provider)}};
  if (!activity.tolerance.empty()) out["tolerance"] = parsed(activity.tolerance);
  return out;
}

Journal done_json(const Activity& activity, const Done& done) {
  Journal out = {{"activity", activity_json(activity)},
                 {"output", parsed(done.output)},
                 {"start", iso(done.began_ms)},
                 {"end", iso(done.ended_ms)},
                 {"duration", static_cast<double>(done.ended_ms - done.began_ms) / 1000},
                 {"status", done.status}};
  if (!done.exception.empty()) out["exception"] = {done.exception};
  return out;
}

// True for an exit code other than 0, or an HTTP answer with an error status.
bool action_failed(const Done& done) {
  if (done.status != "succeeded") return true;
  const Journal output = parsed(done.output);
  const auto status = jsonio::integer(output, "status", -256, 999, 0);
  return !status || (output.contains("stdout") ? *status != 0 : *status > 399);
}

class ToolkitRun {
 public:
  explicit ToolkitRun(Experiment experiment) : experiment_(std::move(experiment)) {}

  rt::Task<void> go() {
    const int64_t began = wall_now_ms();
    const std::string& strategy = experiment_.hypothesis_strategy;
    const bool before = strategy != "after-method-only" && strategy != "during-method-only";
    const bool after = strategy != "before-method-only" && strategy != "during-method-only";
    if (before) {
      steady_["before"] = co_await hypothesis(held_before_);
    }
    if (held_before_ && !interrupted) {
      co_await method();
      if (after && !interrupted) {
        steady_["after"] = co_await hypothesis(held_after_);
        if (!held_after_) status_ = "failed";
      }
    } else {
      status_ = "failed";
    }
    if (interrupted) status_ = "interrupted";
    co_await rollbacks();
    finish(began, wall_now_ms());
  }

  // This verdict is stricter than Chaos Toolkit's: a run that it calls a success may fail here.
  [[nodiscard]] Verdict verdict() const {
    Verdict out;
    out.name = experiment_.title;
    Claim before{"the steady state holds before the method", Ruling::kHolds, why_};
    if (!held_before_) before.ruling = Ruling::kUnhealthy;
    Claim applied{"every action was carried out", Ruling::kHolds, failures_};
    if (!failures_.empty()) applied.ruling = Ruling::kNotApplied;
    if (actions_ == 0) {
      applied.ruling = Ruling::kInconclusive;
      applied.text = "there was no action: nothing was put to the test";
    }
    Claim held{"the steady state holds during and after it", Ruling::kHolds, why_};
    if (!held_after_ || !held_during_) held.ruling = Ruling::kViolated;
    if (experiment_.hypothesis.empty() || interrupted) {
      held.ruling = Ruling::kInconclusive;
      held.text = interrupted ? "interrupted" : "there is no hypothesis";
    }
    out.claims = {before};
    if (held_before_) out.claims.insert(out.claims.end(), {applied, held});
    return out;
  }

  [[nodiscard]] int compat_code() const {
    return status_ == "completed" && held_after_ && held_during_ ? 0 : 1;
  }
  [[nodiscard]] const Journal& journal() const { return journal_; }
  bool interrupted = false;
  bool skip_rollbacks = false;

 private:
  // Stops at the first probe that is not tolerated, as Chaos Toolkit does.
  rt::Task<Journal> hypothesis(bool& held) {
    Journal probes = Journal::array();
    for (const Activity& probe : experiment_.hypothesis) {
      const Done done = co_await carry_out(probe);
      const auto good = done.status == "succeeded" ? tolerated(probe.tolerance, done.output)
                                                   : Result<bool>(false);
      Journal row = done_json(probe, done);
      row["tolerance_met"] = good && *good;
      probes.push_back(std::move(row));
      if (good && *good) continue;
      held = false;
      why_ = probe.name + ": " +
             (!good                    ? good.error().detail
              : done.exception.empty() ? "got " + done.output.substr(0, 200)
                                       : done.exception);
      break;
    }
    co_return Journal{{"steady_state_met", held}, {"probes", std::move(probes)}};
  }

  rt::Task<void> watch_continuously(rt::Stop& stop) {
    while (!stop.requested()) {
      Journal row = co_await hypothesis(held_during_);
      during_.push_back(std::move(row));
      (void)co_await rt::sleep_ms(kContinuousMs, stop);
    }
  }

  rt::Task<void> one(const Activity& activity, Journal& into) {
    const Done done = co_await carry_out(activity);
    if (activity.type == "action") {
      ++actions_;
      if (action_failed(done)) {
        failures_ += (failures_.empty() ? "" : "; ") + activity.name + ": " +
                     (done.exception.empty() ? done.output.substr(0, 200) : done.exception);
      }
    }
    into.push_back(done_json(activity, done));
    std::fprintf(stderr, "%s %s: %s\n", activity.type.c_str(), activity.name.c_str(),
                 done.status.c_str());
  }

  rt::Task<void> method() {
    rt::Nursery background, watcher;
    const std::string& strategy = experiment_.hypothesis_strategy;
    const bool during = strategy == "continuously" || strategy == "during-method-only";
    if (during) watcher.spawn("hypothesis", watch_continuously(watcher.stopping()));
    co_await rt::joined(watcher, rt::joined(background, activities(background)));
  }

  rt::Task<void> activities(rt::Nursery& background) {
    for (const Activity& activity : experiment_.method) {
      if (interrupted) break;
      if (activity.background)
        background.spawn("activity", one(activity, run_));
      else
        co_await one(activity, run_);
    }
  }

  rt::Task<void> rollbacks() {
    const std::string& strategy = experiment_.rollback_strategy;
    const bool deviated = !held_after_ || !held_during_;
    const bool wanted = strategy == "always" || (strategy == "deviated" && deviated) ||
                        (strategy == "default" && status_ == "completed" && !deviated);
    if (!wanted || skip_rollbacks) co_return;
    for (const Activity& activity : experiment_.rollbacks) {
      const Done done = co_await carry_out(activity);
      rollbacks_.push_back(done_json(activity, done));
    }
  }

  void finish(int64_t began, int64_t ended) {
    steady_["during"] = during_;
    journal_ = {{"chaoslib-version", "1.45.0"},
                {"platform", "multiaz"},
                {"node", "localhost"},
                {"experiment", parsed(experiment_.document)},
                {"start", iso(began)},
                {"status", status_},
                {"deviated", !held_after_ || !held_during_},
                {"steady_states", steady_},
                {"run", run_},
                {"rollbacks", rollbacks_},
                {"end", iso(ended)},
                {"duration", static_cast<double>(ended - began) / 1000}};
  }

  Experiment experiment_;
  Journal journal_, run_ = Journal::array(), rollbacks_ = Journal::array();
  Journal during_ = Journal::array();
  Journal steady_ = {{"before", nullptr}, {"after", nullptr}, {"during", nullptr}};
  std::string status_ = "completed", failures_, why_;
  bool held_before_ = true, held_during_ = true, held_after_ = true;
  size_t actions_ = 0;
};

// Chaos Toolkit looks for the programs before it begins, too.
std::string missing_programs(const Experiment& experiment) {
  std::string out;
  const auto look = [&out](const char* where, const std::vector<Activity>& list) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].provider != "process") continue;
      const auto found = find_program(list[i].path);
      if (found) continue;
      out += (out.empty() ? "" : "\n") + std::string(where) + "[" + std::to_string(i) +
             "].provider.path: " + found.error().detail;
    }
  };
  look("steady-state-hypothesis.probes", experiment.hypothesis);
  look("method", experiment.method);
  look("rollbacks", experiment.rollbacks);
  return out;
}

int refuse_toolkit(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return kExitBadInput;
}

void add_verdict(Journal& journal, const Verdict& verdict) {
  Journal ours = {{"ruling", to_string(verdict.worst())},
                  {"exit_code", exit_code(verdict.worst())}};
  for (const Claim& claim : verdict.claims) {
    ours["claims"].push_back(
        {{"name", claim.name}, {"ruling", to_string(claim.ruling)}, {"text", claim.text}});
  }
  journal["multiaz"] = std::move(ours);
}

}  // namespace

rt::Task<int> toolkit_verb(ToolkitWords words) {
  const auto text = read_text(words.file);
  if (!text) co_return refuse_toolkit(text.error().detail);
  const Environment environment = [](const std::string& key) -> std::optional<std::string> {
    const char* value = std::getenv(key.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
  auto experiment = read_experiment(*text, environment, format_of(words.file));
  if (!experiment) co_return refuse_toolkit(words.file + ":\n" + experiment.error().detail);
  const std::string missing = missing_programs(*experiment);
  if (!missing.empty()) co_return refuse_toolkit(words.file + ":\n" + missing);
  for (const std::string& note : experiment->notes)
    std::fprintf(stderr, "note: %s\n", note.c_str());
  if (words.validate) {
    std::printf("%s: valid: %s\n", words.file.c_str(), experiment->title.c_str());
    co_return 0;
  }
  const Status writable = check_output_files(
      {{"--journal", words.journal}, {"--junit", words.junit}, {"--summary", words.summary}});
  if (!writable) co_return refuse_toolkit(writable.error().detail);
  ToolkitRun run(std::move(*experiment));
  const auto interrupt = [&run] { run.interrupted = true; };
  const auto leave = [&run] { run.interrupted = run.skip_rollbacks = true; };
  const rt::SignalWatch on_int(SIGINT, interrupt), on_term(SIGTERM, interrupt);
  const rt::SignalWatch on_usr1(SIGUSR1, interrupt), on_usr2(SIGUSR2, leave);
  co_await run.go();
  Verdict verdict = run.verdict();
  verdict.replay = "multiaz chaos toolkit " + words.file;
  Journal journal = run.journal();
  add_verdict(journal, verdict);
  std::ofstream out(words.journal);
  out << jsonio::dump(journal, 1) << "\n";
  if (!out) co_return refuse_toolkit(words.journal + " cannot be written");
  write_verdict(verdict, words.junit, words.summary);
  std::printf("%s", claims_text(verdict).c_str());
  co_return !words.compat.empty() ? run.compat_code() : exit_code(verdict.worst());
}

}  // namespace multiaz::chaos
