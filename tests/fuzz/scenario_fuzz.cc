// A scenario's TOML is read, or refused with the file's name. What was read can be written as a
// file that is read again.
#include <string>

#include "base/core/check.h"
#include "chaos/plan/scenario_file.h"

using namespace multiaz::chaos;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto scenario = read_scenario("fuzzed.toml", bytes);
  if (!scenario) {
    CHECK(scenario.error().detail.find("fuzzed.toml") != std::string::npos);
    return 0;
  }
  (void)to_toml(*scenario);
  return 0;
}
