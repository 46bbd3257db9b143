#include "chaos/toolkit/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/toolkit/activities.h"
#include "chaos/toolkit/values.h"

namespace multiaz::chaos {

namespace {

using Doc = nlohmann::ordered_json;

constexpr std::string_view kHypothesisStrategies[] = {
    "default", "before-method-only", "after-method-only", "during-method-only", "continuously"};
constexpr std::string_view kRollbackStrategies[] = {"default", "always", "never", "deviated"};
constexpr std::string_view kExperimentKeys[] = {
    "version",       "title",    "description", "tags",      "contributions",
    "configuration", "secrets",  "method",      "rollbacks", "steady-state-hypothesis",
    "runtime",       "controls", "extensions",  "dry"};
constexpr std::string_view kHypothesisKeys[] = {"title", "probes", "controls"};
constexpr std::string_view kRuntimeKeys[] = {"hypothesis", "rollbacks"};
constexpr std::string_view kStrategyKeys[] = {"strategy"};

class ExperimentReader {
 public:
  explicit ExperimentReader(const Environment& environment) : values_(environment, problems_) {}

  Result<Experiment> read(Doc doc) {
    check_keys(doc, "", kExperimentKeys, problems_);
    values_.take_configuration(object(doc, "configuration"));
    values_.take_secrets(object(doc, "secrets"));
    if (const auto title = doc.find("title"); title != doc.end()) values_.substitute(*title);
    out_.title = word(doc, "title");
    out_.description = word(doc, "description");
    if (out_.title.empty()) problems_.add("title", "is needed");
    if (!doc.contains("method")) problems_.add("method", "is needed (it may be [])");
    if (doc.contains("extensions")) out_.notes.emplace_back("extensions are not carried out");
    refuse_unless_empty(doc, "controls");
    refuse_unless_empty(doc, "dry");
    ActivityReader activities(doc, values_, problems_);
    hypothesis(doc, activities);
    activities.read_list(doc, "method", "method", out_.method);
    activities.read_list(doc, "rollbacks", "rollbacks", out_.rollbacks);
    const Doc& runtime = object(doc, "runtime");
    check_keys(runtime, "runtime.", kRuntimeKeys, problems_);
    strategy(runtime, "hypothesis", kHypothesisStrategies, out_.hypothesis_strategy);
    strategy(runtime, "rollbacks", kRollbackStrategies, out_.rollback_strategy);
    if (!problems_.none()) return Error(Code::kInvalid, problems_.text());
    out_.document = jsonio::dump(doc);
    return std::move(out_);
  }

 private:
  const Doc& object(const Doc& json, const char* key) {
    static const Doc kNone = Doc::object();
    const auto found = jsonio::object(json, key);
    if (found) return **found;
    problems_.add(key, "an object is needed here");
    return kNone;
  }

  std::string word(const Doc& json, const char* key) {
    const auto found = jsonio::text(json, key, "");
    if (!found) problems_.add(key, "a text is needed here");
    return found ? *found : "";
  }

  // Refuses a key that would change the run and is not supported; empty or false it changes
  // nothing.
  void refuse_unless_empty(const Doc& json, const char* key) {
    const Doc* found = jsonio::find(json, key);
    if (found == nullptr || *found == false || (found->is_structured() && found->empty())) return;
    problems_.add(key, "not carried out here: take it out");
  }

  void hypothesis(Doc& doc, ActivityReader& activities) {
    const auto found = doc.find("steady-state-hypothesis");
    if (found == doc.end() || found->is_null()) return;
    const std::string where = "steady-state-hypothesis.";
    if (!found->is_object()) {
      return problems_.add("steady-state-hypothesis", "an object is needed here");
    }
    check_keys(*found, where, kHypothesisKeys, problems_);
    refuse_unless_empty(*found, "controls");
    out_.hypothesis_title = word(*found, "title");
    activities.read_list(*found, "probes", where + "probes", out_.hypothesis);
    for (size_t i = 0; i < out_.hypothesis.size(); ++i) {
      const std::string place = where + "probes[" + std::to_string(i) + "].tolerance";
      if (out_.hypothesis[i].tolerance.empty()) problems_.add(place, "is needed");
    }
  }

  void strategy(const Doc& runtime, const char* of, std::span<const std::string_view> known,
                std::string& into) {
    const Doc& part = object(runtime, of);
    const std::string where = std::string("runtime.") + of + ".";
    check_keys(part, where, kStrategyKeys, problems_);
    const std::string given = word(part, "strategy");
    if (given.empty()) return;
    into = given;
    if (std::ranges::find(known, into) != known.end()) return;
    problems_.add(where + "strategy",
                  fmt::format("one of {}, not \"{}\"", fmt::join(known, ", "), into));
  }

  Problems problems_;
  ExperimentValues values_;
  Experiment out_;
};

}  // namespace

ExperimentFormat format_of(const std::string& path) {
  const bool yaml = path.ends_with(".yaml") || path.ends_with(".yml");
  return yaml ? ExperimentFormat::kYaml : ExperimentFormat::kJson;
}

Result<Experiment> read_experiment(const std::string& text, const Environment& environment,
                                   ExperimentFormat format) {
  if (text.size() > kExperimentBytesMax) {
    return Error(Code::kInvalid, "an experiment has at most 1 MiB");
  }
  JsonText json = text;
  if (format == ExperimentFormat::kYaml) {
    auto made = yaml_to_json(text);
    if (!made) return made.error();
    json = std::move(*made);
  }
  auto doc = jsonio::parse_object<Doc>(json);
  if (!doc) return Error(Code::kInvalid, doc.error().detail);
  return ExperimentReader(environment).read(std::move(*doc));
}

}  // namespace multiaz::chaos
