// The JSON files of a run's folder after any change: each is accepted, or refused with the name of
// the wrong key.
#include <nlohmann/json.hpp>
#include <string>

#include "base/core/jsonio.h"
#include "chaos/run/record_json.h"

using namespace multiaz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto json = jsonio::parse(bytes);
  if (!json) return 0;
  chaos::RunRecord record;
  (void)chaos::take_figures(*json, record);
  const auto fault = chaos::read_part<chaos::FaultRecord>(*json);
  if (fault) (void)jsonio::dump(chaos::to_json(*fault));
  const auto event = chaos::read_part<chaos::Event>(*json);
  if (event) (void)jsonio::dump(chaos::to_json(*event));
  const auto request = chaos::read_part<chaos::Request>(*json);
  if (request) (void)jsonio::dump(chaos::to_json(*request));
  (void)jsonio::dump(chaos::figures_json(record));
  return 0;
}
