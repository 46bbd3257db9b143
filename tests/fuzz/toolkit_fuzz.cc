// Chaos Toolkit experiments in JSON and in YAML, and tolerances: each is refused with a message or
// has a meaning.
#include <nlohmann/json.hpp>
#include <algorithm>
#include <optional>
#include <string>

#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "chaos/toolkit/experiment.h"

using namespace multiaz::chaos;

namespace {

void experiment(const std::string& text, ExperimentFormat format) {
  const Environment environment = [](const std::string& key) -> std::optional<std::string> {
    if (key.size() % 2 == 0) return std::nullopt;
    return "7";
  };
  const auto read = read_experiment(text, environment, format);
  if (!read) {
    CHECK(!read.error().detail.empty());
    return;
  }
  CHECK(multiaz::jsonio::parse(read->document).ok());
  for (const Activity& probe : read->hypothesis) CHECK(check_tolerance(probe.tolerance).ok());
}

// The first line is the tolerance, the rest is the result of a probe.
void tolerance(const std::string& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string first = text.substr(0, end);
  const std::string rest = end == text.size() ? "" : text.substr(end + 1);
  nlohmann::json output;
  output["status"] = 0;
  output["stdout"] = rest;
  output["body"] = nlohmann::json::parse(rest, nullptr, false);
  if (output["body"].is_discarded()) output["body"] = rest;
  const auto good = check_tolerance(first);
  const auto met = tolerated(first, multiaz::jsonio::dump(output));
  CHECK(good.ok() || !met.ok());
  if (check_json_path(first)) (void)follow_json_path(first, multiaz::jsonio::dump(output));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0: experiment(text, ExperimentFormat::kJson); break;
    case 1: experiment(text, ExperimentFormat::kYaml); break;
    default: tolerance(text);
  }
  return 0;
}
