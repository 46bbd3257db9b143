// Chaos Toolkit experiments (chaostoolkit-lib 1.45): the document as values. Providers are of type
// process and http; python is not supported. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::chaos {

constexpr size_t kExperimentBytesMax = 1024 * 1024;  // of a document's text
constexpr size_t kActivitiesMax = 1000;
constexpr double kToolkitSecondsMax = 24 * 3600;  // of pauses and timeouts

// A JSON value, kept as text: headers stay free of the library.
using JsonText = std::string;

struct Activity {
  std::string type, name;  // "probe" or "action"
  std::string provider;    // "process" or "http"
  // process
  std::string path;
  bool shell = false;  // the arguments were a text: a shell reads path and arguments
  std::vector<std::string> arguments;  // one, for a shell
  // http
  std::string url, method = "GET", body;
  std::vector<std::pair<std::string, std::string>> headers;
  uint64_t expected_status = 0;  // 0: any
  double timeout_s = 0;          // 0: none
  double pause_before_s = 0, pause_after_s = 0;
  bool background = false;
  JsonText tolerance;  // of probes in the hypothesis
};

struct Experiment {
  std::string title, description;
  std::string hypothesis_title;
  std::vector<Activity> hypothesis, method, rollbacks;
  std::string hypothesis_strategy = "default", rollback_strategy = "default";
  std::vector<std::string> notes;  // parts of the document that are not carried out here
  JsonText document;               // after substitution, for the journal
};

enum class ExperimentFormat { kJson, kYaml };
// The format follows from the end of the file's name: YAML for .yaml and .yml, JSON otherwise.
ExperimentFormat format_of(const std::string& path);

// `environment` gives the value of a variable, or nothing. kInvalid: one problem a line with its
// place ("method[0].provider.path: ...").
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Result<Experiment> read_experiment(const std::string& text, const Environment& environment,
                                   ExperimentFormat format = ExperimentFormat::kJson);

// Reads YAML 1.1 as its safe loaders do, and returns JSON. Size, depth, and the expansion of
// aliases are bounded. kInvalid with the place.
Result<JsonText> yaml_to_json(const std::string& text);

// Whether the tolerance is one that can be judged here. kInvalid says which ones can.
Status check_tolerance(const JsonText& tolerance);

// `output` is the result of a provider: {"status":0,"stdout":"..","stderr":".."} or
// {"status":200,"body":..}. kInvalid: Chaos Toolkit would end with an error (a pattern on a value
// that is no text). Its quirks are kept: true, false and a text are compared with the whole result,
// which is neither; a list of two numbers is a range for plain values, but membership for a result;
// a number is compared with "status"; `range` needs "target" for a process.
Result<bool> tolerated(const JsonText& tolerance, const JsonText& output);

// Supports $.a, $..a, $[0], $['a'], $[1:3], $[*]. kInvalid: not such a path.
Status check_json_path(const std::string& path);
// The values that the path finds, in order.
Result<std::vector<JsonText>> follow_json_path(const std::string& path, const JsonText& value);

}  // namespace multiaz::chaos
