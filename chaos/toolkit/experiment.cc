#include "chaos/toolkit/experiment.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace multiaz::chaos {

namespace {

using Doc = nlohmann::ordered_json;

constexpr const char* kHypothesisStrategies[] = {
    "default", "before-method-only", "after-method-only", "during-method-only", "continuously"};
constexpr const char* kRollbackStrategies[] = {"default", "always", "never", "deviated"};

std::string plain(const Doc& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class ExperimentReader {
 public:
  explicit ExperimentReader(const Environment& environment) : environment_(environment) {}

  Result<Experiment> read(const std::string& text) {
    Doc doc = Doc::parse(text, nullptr, false);
    if (!doc.is_object()) return Error(Code::kInvalid, "not a JSON object");
    read_values(doc.value("configuration", Doc::object()));
    read_values(doc.value("secrets", Doc::object()));
    substitute(doc);
    out_.title = word(doc, "title", "");
    out_.description = word(doc, "description", "");
    if (out_.title.empty()) problem("title", "is needed");
    if (!doc.contains("method")) problem("method", "is needed (it may be [])");
    for (const char* ignored : {"controls", "extensions"}) {
      if (doc.contains(ignored))
        out_.notes.push_back(std::string(ignored) + " are not carried out");
    }
    const Doc hypothesis = doc.value("steady-state-hypothesis", Doc::object());
    out_.hypothesis_title = word(hypothesis, "title", "");
    activities(hypothesis.value("probes", Doc::array()), "steady-state-hypothesis.probes",
               out_.hypothesis);
    for (size_t i = 0; i < out_.hypothesis.size(); ++i) {
      if (out_.hypothesis[i].tolerance.empty()) {
        problem("steady-state-hypothesis.probes[" + std::to_string(i) + "].tolerance", "is needed");
      }
    }
    activities(doc.value("method", Doc::array()), "method", out_.method);
    activities(doc.value("rollbacks", Doc::array()), "rollbacks", out_.rollbacks);
    const Doc runtime = doc.value("runtime", Doc::object());
    strategy(runtime, "hypothesis", kHypothesisStrategies, out_.hypothesis_strategy);
    strategy(runtime, "rollbacks", kRollbackStrategies, out_.rollback_strategy);
    if (!problems_.empty()) return Error(Code::kInvalid, problems_);
    out_.document = doc.dump();
    return std::move(out_);
  }

 private:
  void problem(const std::string& where, const std::string& what) {
    problems_ += (problems_.empty() ? "" : "\n") + where + ": " + what;
  }

  // {"zone": {"type":"env","key":"EMU_ZONE","default":"b"}, "api": "http://..."}
  void read_values(const Doc& values) {
    for (const auto& [name, value] : values.items()) {
      const bool env = value.is_object() && value.value("type", "") == "env";
      if (!env) {
        values_[name] = value;
        continue;
      }
      const std::string key = value.value("key", "");
      const auto found = environment_(key);
      if (found)
        values_[name] = *found;
      else if (value.contains("default"))
        values_[name] = value["default"];
      else
        problem("configuration." + name, "the environment has no " + key + ", and no default");
    }
  }

  // "${name}": alone it keeps the value's type, inside a text it becomes text.
  void substitute(Doc& value) {
    if (value.is_array() || value.is_object()) {
      for (Doc& one : value) substitute(one);
      return;
    }
    if (!value.is_string()) return;
    std::string text = value.get<std::string>();
    for (size_t from = text.find("${"); from != std::string::npos; from = text.find("${", from)) {
      const size_t end = text.find('}', from);
      if (end == std::string::npos) break;
      const auto known = values_.find(text.substr(from + 2, end - from - 2));
      if (known == values_.end()) {
        from = end;
        continue;
      }
      if (from == 0 && end + 1 == text.size()) {
        value = *known;
        return;
      }
      text.replace(from, end + 1 - from, plain(*known));
    }
    value = text;
  }

  static std::string word(const Doc& json, const char* key, const std::string& fallback) {
    const auto found = json.find(key);
    return found == json.end() || !found->is_string() ? fallback : found->get<std::string>();
  }
  static double number(const Doc& json, const char* key) {
    const auto found = json.find(key);
    return found == json.end() || !found->is_number() ? 0 : found->get<double>();
  }

  template <size_t N>
  void strategy(const Doc& runtime, const char* of, const char* const (&known)[N],
                std::string& into) {
    const Doc part = runtime.value(of, Doc::object());
    into = word(part, "strategy", "default");
    if (std::none_of(known, known + N, [&](const char* one) { return into == one; })) {
      problem(std::string("runtime.") + of + ".strategy", "not known: " + into);
    }
  }

  void activities(const Doc& list, const std::string& where, std::vector<Activity>& into) {
    size_t number = 0;
    for (const Doc& one : list) {
      const std::string place = where + "[" + std::to_string(number++) + "]";
      if (one.contains("ref")) {
        reference(word(one, "ref", ""), place, into);
        continue;
      }
      into.push_back(activity(one, place));
    }
  }

  void reference(const std::string& name, const std::string& place, std::vector<Activity>& into) {
    for (const auto* part : {&out_.hypothesis, &out_.method}) {
      for (const Activity& one : *part) {
        if (one.name != name) continue;
        const Activity copy = one;
        into.push_back(copy);
        return;
      }
    }
    problem(place + ".ref", "there is no activity \"" + name + "\" before it");
  }

  Activity activity(const Doc& json, const std::string& place) {
    Activity out;
    out.type = word(json, "type", "");
    out.name = word(json, "name", "");
    if (out.type != "probe" && out.type != "action") problem(place + ".type", "probe or action");
    if (out.name.empty()) problem(place + ".name", "is needed");
    out.background = json.contains("background") && json["background"] == true;
    const Doc pauses = json.value("pauses", Doc::object());
    out.pause_before_s = number(pauses, "before");
    out.pause_after_s = number(pauses, "after");
    if (json.contains("tolerance")) out.tolerance = json["tolerance"].dump();
    const Doc provider = json.value("provider", Doc::object());
    out.provider = word(provider, "type", "");
    out.timeout_s = number(provider, "timeout");
    if (provider.contains("timeout") && provider["timeout"].is_array()) {
      out.timeout_s = provider["timeout"].back().get<double>();
    }
    if (out.provider == "process")
      process(provider, place, out);
    else if (out.provider == "http")
      http(provider, place, out);
    else
      problem(place + ".provider.type",
              out.provider == "python"
                  ? "python providers are not carried out here: use process or http"
                  : "process or http");
    return out;
  }

  void process(const Doc& provider, const std::string& place, Activity& out) {
    out.path = word(provider, "path", "");
    if (out.path.empty()) problem(place + ".provider.path", "is needed");
    const auto given = provider.find("arguments");
    if (given == provider.end()) return;
    if (given->is_array()) {
      for (const Doc& one : *given) out.arguments.push_back(plain(one));
    } else if (given->is_object()) {
      for (const auto& [key, value] : given->items()) {
        out.arguments.push_back(key);
        if (!value.is_null() && plain(value) != "") out.arguments.push_back(plain(value));
      }
    } else {  // as a shell would split it, without quotes
      std::string text = plain(*given);
      for (size_t from = 0; from < text.size();) {
        const size_t end = std::min(text.find(' ', from), text.size());
        if (end > from) out.arguments.push_back(text.substr(from, end - from));
        from = end + 1;
      }
    }
  }

  void http(const Doc& provider, const std::string& place, Activity& out) {
    out.url = word(provider, "url", "");
    if (!out.url.starts_with("http://")) problem(place + ".provider.url", "http://... is needed");
    out.method = word(provider, "method", "GET");
    out.expected_status = static_cast<uint64_t>(number(provider, "expected_status"));
    const Doc headers = provider.value("headers", Doc::object());
    for (const auto& [key, value] : headers.items()) {
      out.headers.emplace_back(key, plain(value));
    }
    if (provider.contains("arguments")) out.body = provider["arguments"].dump();
  }

  const Environment& environment_;
  Doc values_ = Doc::object();
  Experiment out_;
  std::string problems_;
};

}  // namespace

Result<Experiment> read_experiment(const std::string& text, const Environment& environment) {
  return ExperimentReader(environment).read(text);
}

}  // namespace multiaz::chaos
