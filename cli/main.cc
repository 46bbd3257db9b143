#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace {

using namespace multiaz::cli;

struct Verb {
  std::string_view name;
  multiaz::rt::Task<int> (*run)(Options);
};

constexpr Verb kVerbs[] = {
    {"up", verb_up},
    {"down", verb_down},
    {"doctor", verb_doctor},
    {"ps", verb_ps},
    {"endpoints", verb_endpoints},
    {"describe", verb_describe},
    {"health", verb_health},
    {"groups", verb_groups},
    {"faults", verb_faults},
    {"stats", verb_stats},
    {"events", verb_events},
    {"logs", verb_logs},
    {"kill", verb_signal},
    {"stop", verb_signal},
    {"cont", verb_signal},
    {"restart", verb_signal},
    {"failover", verb_failover},
    {"fault", verb_fault},
    {"heal", verb_heal},
    {"zone", verb_zone},
    {"asg", verb_asg},
    {"dns", verb_dns},
    {"sg", verb_sg},
    {"ca", verb_ca},
    {"lb", verb_lb},
    {"snapshot", verb_snapshot},
    {"scale", verb_scale},
    {"deploy", verb_deploy},
    {"order", verb_order},
    {"plan", verb_plan},
    {"demo", verb_sibling},
    {"tour", verb_sibling},
    {"chaos", verb_sibling},
    {"sim", verb_sibling},
};

}  // namespace

int main(int argc, char** argv) {
  Parsed parsed = parse_command_line(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  multiaz::log::start("multiaz", multiaz::log::Level::kWarn);
  const char* no_colour = std::getenv("NO_COLOR");
  allow_colours(isatty(STDOUT_FILENO) && !(no_colour && *no_colour));
  for (const Verb& verb : kVerbs) {
    if (verb.name != parsed.options.verb) continue;
    return multiaz::rt::run(verb.run(std::move(parsed.options)));
  }
  std::fprintf(stderr, "multiaz: unknown verb\n");
  return kExitBadInput;
}
