// Chaos Toolkit experiments (chaostoolkit-lib 1.45): the document as values. Providers of type
// process and http; python has no place here. Pure.
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

// A JSON value, kept as text: headers stay free of the library.
using JsonText = std::string;

struct Activity {
  std::string type, name;  // "probe" or "action"
  std::string provider;    // "process" or "http"
  // process
  std::string path;
  std::vector<std::string> arguments;
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
  std::vector<std::string> notes;  // what is not carried out here
  JsonText document;               // after substitution, for the journal
};

// `environment` gives the value of a variable, or nothing. kInvalid: one problem a line with its
// place ("method[0].provider.path: ...").
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Result<Experiment> read_experiment(const std::string& text, const Environment& environment);

// What a provider gave: {"status":0,"stdout":"..","stderr":".."} or {"status":200,"body":..}.
// kInvalid: the tolerance is not one that is known. The quirks are those of the original: a list of
// two numbers is a range for plain values, but membership for the result of a process or http
// provider; a number is compared with "status"; `range` needs "target" for a process.
Result<bool> tolerated(const JsonText& tolerance, const JsonText& output);

}  // namespace multiaz::chaos
