// chaos: faults, shoppers and verdicts. `multiaz demo` runs `chaos demo`.
#include <CLI/CLI.hpp>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "chaos/demo.h"
#include "chaos/tour/tour.h"

namespace {

constexpr int kExitBadInput = 254;

void add_demo_options(CLI::App& demo, multiaz::chaos::DemoOptions& options) {
  demo.add_flag("--json", options.json,
                "print one JSON object last on stdout, the story on stderr");
  demo.add_flag("--keep", options.keep, "leave the cluster running and print its URLs");
  demo.add_option("--bug", options.bug, "run with a deliberate mistake")
      ->check(CLI::IsMember({"ack-before-replicate"}));
  demo.add_option("--name", options.name, "the cluster's name");
  demo.add_option("--profile", options.profile, "timings")->check(CLI::IsMember({"fast", "aws"}));
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitBadInput;
  }
  multiaz::log::start("chaos", multiaz::log::Level::kWarn);
  if (tour->parsed()) return multiaz::rt::run(multiaz::chaos::tour(tour_options));
  return multiaz::rt::run(multiaz::chaos::demo(options));
}
