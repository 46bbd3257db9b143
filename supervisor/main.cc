#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "supervisor/keeper.h"
#include "supervisor/supervisor.h"

int main(int argc, char** argv) {
  using namespace multiaz;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (std::string_view(argv[0]) == supervisor::kKeeperName) return supervisor::keep(arguments);
  if (arguments.size() == 1 && arguments[0] == "--help") {
    std::fputs(supervisor::kUsage, stdout);
    return 0;
  }
  auto options = supervisor::parse_options(arguments);
  if (!options) {
    std::fprintf(stderr, "supervisor: %s\n%s", options.error().detail.c_str(), supervisor::kUsage);
    return 254;
  }
  log::start("supervisor");
  supervisor::Supervisor hardware(std::move(*options));
  return rt::run(hardware.run());
}
