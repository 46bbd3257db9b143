// AWS FIS templates: any bytes are refused with a message or accepted. An accepted template can be
// laid out in time, which gives a scenario, or a message says why it cannot.
#include <string>

#include "base/core/check.h"
#include "base/faults/kinds.h"
#include "chaos/fis/template.h"

using namespace multiaz::chaos;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)is_fis(text);
  (void)duration_ms(text);
  (void)zone_letter(text);
  const auto fis = read_fis(text);
  if (!fis) {
    CHECK(!fis.error().detail.empty());
    return 0;
  }
  for (const double scale : {1.0, 0.001}) {
    const auto scenario = lay_out(*fis, usual_resources(), scale, 7);
    if (!scenario) {
      CHECK(!scenario.error().detail.empty());
      continue;
    }
    CHECK(scenario->faults.size() <= kFaultsPerScenarioMax);
    for (const FaultSpec& fault : scenario->faults) {
      CHECK(multiaz::find_fault(fault.kind) != nullptr);
      CHECK(fault.when.at_ms <= kScenarioMsMax);
    }
  }
  return 0;
}
