#include "chaos/run/verbs.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/duration.h"
#include "base/core/jsonio.h"
#include "base/faults/checks.h"
#include "base/faults/words.h"
#include "chaos/experiment/testbed.h"
#include "chaos/faults/fault.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/plan/text_file.h"
#include "chaos/run/record_json.h"
#include "chaos/run/run_folder.h"
#include "chaos/verdict_files.h"

namespace multiaz::chaos {

namespace {

// The order from good to bad is that of the rulings.
int worse(int a, int b) {
  constexpr int kOrder[] = {0, 2, 4, 3, 1, kExitBadInput};
  return std::ranges::find(kOrder, a) > std::ranges::find(kOrder, b) ? a : b;
}

// A scenario, or a FIS template that becomes one when the cluster runs.
struct Planned {
  Scenario scenario;
  std::optional<FisOrder> fis;
};

Result<Planned> load_planned(const std::string& path, double time_scale) {
  Planned out;
  if (!path.ends_with(".json")) {
    auto scenario = load_scenario(path);
    if (!scenario) return scenario.error();
    out.scenario = std::move(*scenario);
    return out;
  }
  const auto text = read_text(path);
  if (!text) return text.error();
  auto experiment = read_fis(*text);
  if (!experiment) return Error(Code::kInvalid, path + ":\n" + experiment.error().detail);
  for (const std::string& note : experiment->notes)
    std::fprintf(stderr, "note: %s\n", note.c_str());
  out.scenario.name = path.substr(path.rfind('/') + 1);
  out.scenario.name.resize(out.scenario.name.size() - 5);
  out.scenario.title = experiment->description;
  out.scenario.origin = path;
  if (time_scale != 1) out.scenario.origin += " --time-scale " + std::to_string(time_scale);
  FisOrder order;
  order.experiment = std::move(*experiment);
  order.time_scale = time_scale;
  out.fis = std::move(order);
  return out;
}

// Problems that show only when targets are resolved, in the cluster that a run of it starts.
Status fits_usual_cluster(const Planned& planned) {
  if (!planned.fis) return Status();
  const auto laid_out = lay_out(planned.fis->experiment, usual_resources(), planned.fis->time_scale,
                                planned.scenario.seed);
  if (!laid_out) {
    return Error(laid_out.error().code, planned.scenario.origin + ":\n" + laid_out.error().detail);
  }
  for (const std::string& one : skipped_of(*laid_out)) {
    std::fprintf(stderr, "note: skipped: %s\n", one.c_str());
  }
  return Status();
}

// The values of the same run without its faults; an error when that run proved nothing.
rt::Task<Result<Figures>> run_control(Planned planned, RunOptions options) {
  options.control = true;
  options.fis = std::move(planned.fis);
  if (options.folder.empty()) options.folder = usual_folder(planned.scenario);
  options.folder += "/control";
  const auto done = co_await run_scenario(std::move(planned.scenario), std::move(options));
  if (!done) co_return done.error();
  if (exit_code(done->judged.verdict.worst()) != 0) {
    co_return Error(Code::kUnavailable,
                    "the control run did not go well: " + verdict_text(done->judged));
  }
  co_return figures_of(done->record, done->judged);
}

rt::Task<int> run_one(Planned planned, const ScenarioWords& words) {
  Scenario& scenario = planned.scenario;
  RunOptions options = words.options;
  options.fis = std::move(planned.fis);
  options.quiet = words.json;
  if (!words.out.empty()) {
    options.folder = words.out;
    if (words.scenarios.size() > 1 || words.seeds > 1) {
      options.folder += "/" + scenario.name + "-" + std::to_string(scenario.seed);
    }
  }
  if (!words.json) say(stdout, scenario.name + ": " + scenario.title);
  if (words.with_control) {
    Planned same = planned;
    same.fis = options.fis;
    auto figures = co_await run_control(std::move(same), options);
    if (!figures) co_return complain_about(figures.error());
    options.beside = std::move(*figures);
  }
  const auto done = co_await run_scenario(std::move(scenario), std::move(options));
  if (!done) co_return complain_about(done.error());
  write_verdict(done->judged.verdict, words.junit, words.summary);
  if (words.json) {
    say(stdout, result_json(done->record, done->judged));
  } else {
    std::printf("%s%sreport: %s/report.html\n", verdict_text(done->judged).c_str(),
                beside_text(done->record, done->judged).c_str(), done->folder.c_str());
  }
  std::fflush(stdout);
  co_return exit_code(done->judged.verdict.worst());
}

// Adds "cart=2s" to the bounds.
Status take_outages(ScenarioWords& words) {
  for (const std::string& text : words.max_outages) {
    const size_t equals = std::min(text.find('='), text.size());
    const std::string name = text.substr(0, equals);
    const auto ms = parse_duration_ms(text.substr(std::min(equals + 1, text.size())));
    const bool known =
        std::ranges::any_of(kClaimPaths, [&](Path path) { return to_string(path) == name; });
    if (!known || !ms) {
      return Error(Code::kInvalid,
                   "--max-outage takes PATH=DURATION, as cart=2s, for browse, cart, order or "
                   "named; not \"" +
                       text + "\"");
    }
    words.options.outage_ms_max[name] = *ms;
  }
  return Status();
}

Status fill_in_fault(InjectWords& words) {
  FaultSpec& spec = words.spec;
  const auto wrong = [](const std::string& text) { return Error(Code::kInvalid, text); };
  const FaultKind* kind = find_fault(spec.kind);
  if (kind == nullptr) {
    return wrong("KIND is one of " + all_fault_names() + ", not \"" + spec.kind + "\"");
  }
  const auto settings = parse_settings(*kind, words.settings);
  if (!settings) return settings.error();
  spec.figures = settings->numbers;
  spec.words = settings->texts;
  const auto for_ms = parse_duration_ms(words.duration);
  if (!words.duration.empty() && !for_ms) {
    return wrong("--for: '" + words.duration + "' is not a duration like 500ms, 5s or 2m");
  }
  if (for_ms) spec.for_ms = *for_ms;
  if (kind->lasts == FaultNeed::kYes && spec.for_ms == 0) {
    return wrong(spec.kind + " needs --for: it heals by itself then");
  }
  return Status();
}

}  // namespace

rt::Task<int> run_verb(ScenarioWords words) {
  const Status outages = take_outages(words);
  if (!outages) co_return complain_about(outages.error());
  const Status outputs =
      check_output_files({{"--junit", words.junit}, {"--summary", words.summary}});
  if (!outputs) co_return complain_about(outputs.error());
  if (words.scenarios.size() == 1 && words.scenarios.front() == "all") {
    words.scenarios = scenario_names();
  }
  std::vector<Planned> plans;
  for (const std::string& name : words.scenarios) {
    auto planned = load_planned(name, words.time_scale);
    if (!planned) co_return complain_about(planned.error());
    if (words.seed != 0) planned->scenario.seed = words.seed;
    if (words.options.cluster.empty()) {
      const Status fits = fits_usual_cluster(*planned);
      if (!fits) co_return complain_about(fits.error());
    }
    for (const std::string& one : words.max_outages) {
      planned->scenario.origin += " --max-outage " + one;
    }
    plans.push_back(std::move(*planned));
  }
  for (const Planned& planned : plans) {
    const std::string folder = words.out.empty() ? usual_folder(planned.scenario) : words.out;
    const Status made = check_output_folder(folder);
    if (!made) co_return complain_about(made.error());
  }
  int code = 0;
  for (const Planned& planned : plans) {
    for (uint64_t i = 0; i < words.seeds; ++i) {
      Planned seeded = planned;
      seeded.scenario.seed += i;
      const int one = co_await run_one(std::move(seeded), words);
      code = worse(code, one);
    }
  }
  co_return code;
}

int list_verb(bool json) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const std::string& name : scenario_names()) {
    const auto scenario = load_scenario(name);
    if (!scenario) return complain_about(scenario.error());
    if (!json) {
      std::printf("%-34s %-8s %s\n", name.c_str(), scenario->about.c_str(),
                  scenario->title.c_str());
      continue;
    }
    out.push_back({{"name", name}, {"about", scenario->about}, {"title", scenario->title}});
  }
  if (json) say(stdout, jsonio::dump(out));
  return 0;
}

int validate_verb(const std::vector<std::string>& files) {
  int code = 0;
  for (const std::string& file : files) {
    const auto planned = load_planned(file, 1);
    const Status fits = planned ? fits_usual_cluster(*planned) : Status();
    if (!planned || !fits) {
      code = complain_about(planned ? fits.error() : planned.error());
      continue;
    }
    const size_t steps =
        planned->fis ? planned->fis->experiment.actions.size() : planned->scenario.faults.size();
    std::printf("%s: valid: %s; %zu %s\n", file.c_str(), planned->scenario.title.c_str(), steps,
                planned->fis ? "actions" : "faults");
  }
  return code;
}

rt::Task<int> inject_verb(InjectWords words) {
  const Status good = fill_in_fault(words);
  if (!good) co_return complain_about(good.error());
  Testbed testbed;
  const Status begun = co_await testbed.begin(running_cluster(words.cluster));
  if (!begun) co_return complain_about(begun.error());
  FaultRecord record;
  record.spec = words.spec;
  FaultContext context = {
      testbed.cluster(), testbed.guardian(), testbed.events(), testbed.stop(), {}};
  co_await testbed.during(run_fault(context, record));
  (void)co_await testbed.leave();
  say(stdout, jsonio::dump(to_json(record)));
  if (!record.bit) co_return exit_code(Ruling::kNotApplied);
  co_return record.left_behind ? exit_code(Ruling::kViolated) : 0;
}

}  // namespace multiaz::chaos
