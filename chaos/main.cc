// chaos: faults, shoppers and verdicts. `multiaz demo` runs `chaos demo`.
#include <CLI/CLI.hpp>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "chaos/checkers/verdict.h"
#include "chaos/demo/demo.h"
#include "chaos/faults/guardian.h"
#include "chaos/run/check.h"
#include "chaos/run/options.h"
#include "chaos/tour/tour.h"

namespace {

void add_engines(CLI::App& app, multiaz::chaos::Engines& engines) {
  app.add_option("--cache-engine", engines.cache, "ours, or Redis as this machine has it")
      ->check(CLI::IsMember({"multiaz", "redis"}));
  app.add_option("--db-engine", engines.db, "ours, or PostgreSQL as this machine has it")
      ->check(CLI::IsMember({"multiaz", "postgres"}));
}

void add_demo_options(CLI::App& demo, multiaz::chaos::DemoOptions& options) {
  demo.add_flag("--json", options.json,
                "print one JSON object last on stdout, the story on stderr");
  demo.add_flag("--keep", options.keep, "leave the cluster running and print its URLs");
  demo.add_option("--bug", options.bug, "run with a deliberate mistake")
      ->check(CLI::IsMember({"ack-before-replicate"}));
  demo.add_option("--name", options.name, "the cluster's name");
  demo.add_option("--profile", options.profile, "timings")->check(CLI::IsMember({"fast", "aws"}));
  add_engines(demo, options.engines);
  demo.add_option("--junit", options.junit, "write the verdict as JUnit XML, a testcase a claim");
  demo.add_option("--summary", options.summary,
                  "add the verdict to a Markdown file (default: $GITHUB_STEP_SUMMARY)");
  demo.add_option("--only", options.only, "only the faults whose name contains this");
  demo.add_option("--seed", options.seed, "what the shoppers do; replays the same shopping lists");
  demo.add_option("--shoppers", options.shoppers, "concurrent sessions")
      ->check(CLI::Range(1, 2000))
      ->capture_default_str();
  demo.add_option("--repeat", options.repeat, "strike each fault this often")
      ->check(CLI::Range(1, 1000));
}

void add_tour_options(CLI::App& app, multiaz::chaos::TourOptions& options) {
  app.add_option("STAGE", options.stages, "only these; none = all, in order");
  app.add_flag("--json", options.json, "print one JSON object last on stdout, the story on stderr");
  app.add_option("--html", options.html, "write a page with pictures, numbers and reasons");
  add_engines(app, options.engines);
  app.add_flag("--pause", options.pause, "step by step, with a question before each fault");
  app.add_option("--carts", options.carts, "filled before each fault")
      ->check(CLI::Range(4, 500))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "what the shoppers take")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("multiaz chaos");
  app.require_subcommand(1);
  multiaz::chaos::DemoOptions options;
  CLI::App* demo = app.add_subcommand("demo", "start, shop, break everything in turn, judge");
  add_demo_options(*demo, options);
  multiaz::chaos::TourOptions tour_options;
  CLI::App* tour = app.add_subcommand("tour", "the course's architectures under the same faults");
  add_tour_options(*tour, tour_options);
  multiaz::chaos::CheckOptions check_options;
  CLI::App* check = app.add_subcommand("check", "judge a recorded history again, offline");
  check->add_option("PATH", check_options.path, "history.jsonl, or a folder with it")->required();
  check->add_flag("--json", check_options.json, "for programs");
  check->add_flag("--no-digest", check_options.no_digest,
                  "judge a folder that does not say what was in it, or was changed on purpose");
  check->add_option("--edn", check_options.edn, "also write it for Jepsen's tools");
  multiaz::chaos::RunVerbs verbs(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : multiaz::chaos::kExitBadInput;
  }
  multiaz::log::start("chaos", multiaz::log::Level::kWarn);
  if (check->parsed()) return multiaz::chaos::check(check_options);
  if (const auto code = verbs.run()) return *code;
  if (tour->parsed()) return multiaz::rt::run(multiaz::chaos::tour(tour_options));
  return multiaz::rt::run(multiaz::chaos::demo(options));
}
