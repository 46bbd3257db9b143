#include "chaos/plan/scenario_file.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "base/core/toml.h"
#include "base/faults/checks.h"
#include "base/faults/words.h"
#include "chaos/checkers/stop_conditions.h"
#include "chaos/plan/embedded.h"
#include "chaos/plan/text_file.h"

namespace multiaz::chaos {

namespace {

constexpr const char* kBoundKeys[] = {"failed_requests_max", "failovers_max",
                                      "recovery_ms_max",     "restarts_max",
                                      "goodput_percent_min", "staleness_ms_max"};

constexpr uint64_t kFigureMax = ~uint64_t{0} >> 1;  // each kind has bounds of its own below it

class ScenarioReader {
 public:
  explicit ScenarioReader(std::string file) : file_(std::move(file)) {}

  Result<Scenario> read(const std::string& text) {
    const toml::parse_result parsed = toml::parse(text, file_);
    if (!parsed) {
      problem(parsed.error().source(), std::string(parsed.error().description()));
      return failure();
    }
    for (const auto& [key, node] : parsed.table()) take(std::string(key.str()), node);
    if (out_.title.empty()) problem(parsed.table().source(), "\"title\" is missing");
    check_references(parsed.table());
    if (!problems_.empty()) return failure();
    out_.source = text;
    return std::move(out_);
  }

 private:
  void problem(const toml::source_region& at, const std::string& text) {
    const std::string line = at.begin.line ? ":" + std::to_string(at.begin.line) : "";
    problems_ += (problems_.empty() ? "" : "\n") + file_ + line + ": " + text;
  }
  [[nodiscard]] Error failure() const { return Error(Code::kInvalid, problems_); }

  void take(const std::string& key, const toml::node& node) {
    if (key == "title") return text(node, key, out_.title);
    if (key == "about") return text(node, key, out_.about);
    if (key == "seed") return number(node, key, ~uint64_t{0} >> 1, out_.seed);
    if (key == "stop_when") return stop_when(node);
    if (key == "topology") return topology(node);
    if (key == "prepare") return prepare(node);
    if (key == "workload") return workload(node);
    if (key == "claims") return claims(node);
    if (key == "fault") return faults(node);
    problem(node.source(), "unknown key \"" + key +
                               "\": a scenario has title, about, seed, stop_when, prepare, "
                               "[topology.*], [workload], "
                               "[[fault]] and [claims]");
  }

  void text(const toml::node& node, const std::string& key, std::string& into) {
    const auto* value = node.as_string();
    if (!value) return problem(node.source(), "\"" + key + "\" is a text");
    into = value->get();
  }

  void number(const toml::node& node, const std::string& key, uint64_t max, uint64_t& into) {
    const auto* value = node.as_integer();
    if (!value || value->get() < 0 || static_cast<uint64_t>(value->get()) > max) {
      return problem(node.source(), "\"" + key + "\" is a number from 0 to " + std::to_string(max));
    }
    into = static_cast<uint64_t>(value->get());
  }

  const toml::table* table(const toml::node& node, const std::string& what) {
    if (!node.is_table()) problem(node.source(), "[" + what + "] is a section");
    return node.as_table();
  }

  void stop_when(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list) return problem(node.source(), "\"stop_when\" is a list of names");
    for (const toml::node& one : *list) {
      std::string name;
      text(one, "stop_when", name);
      if (!find_stop_condition(name)) {
        problem(one.source(), "unknown stop condition \"" + name + "\": " + stop_condition_names());
      }
      out_.stop_when.push_back(std::move(name));
    }
  }

  // The sections are checked when the cluster starts, by `up` with its own messages.
  void topology(const toml::node& node) {
    const toml::table* sections = table(node, "topology");
    if (!sections) return;
    std::ostringstream out;
    out << toml::toml_formatter(*sections);
    out_.topology = out.str() + "\n";
  }

  void prepare(const toml::node& node) {
    const toml::table* keys = table(node, "prepare");
    if (!keys) return;
    for (const auto& [key, value] : *keys) {
      const std::string name(key.str());
      if (name == "failover")
        text(value, name, out_.prepare.failover);
      else if (name == "into_zone_of")
        text(value, name, out_.prepare.into_zone_of);
      else
        problem(value.source(), "\"prepare\" takes failover, into_zone_of");
    }
    const std::string& group = out_.prepare.failover;
    if ((group != "cache" && group != "db") || out_.prepare.into_zone_of.empty()) {
      problem(node.source(), "\"prepare\" names a failover of cache or db, and into_zone_of");
    }
  }

  void workload(const toml::node& node) {
    const toml::table* keys = table(node, "workload");
    if (!keys) return;
    for (const auto& [key, value] : *keys) {
      const std::string name(key.str());
      const auto* known = std::ranges::find_if(
          kWorkloadKeys, [&](const WorkloadKey& one) { return name == one.key; });
      if (known == std::end(kWorkloadKeys)) {
        std::string all;
        for (const WorkloadKey& one : kWorkloadKeys) all += std::string(" ") + one.key;
        problem(value.source(), "unknown key \"" + name + "\": [workload] takes" + all);
        continue;
      }
      number(value, name, known->max, out_.workload.*known->into);
    }
  }

  void claims(const toml::node& node) {
    const toml::table* keys = table(node, "claims");
    if (!keys) return;
    for (const auto& [key, value] : *keys) {
      const std::string name(key.str());
      if (name == "outage_ms_max") {
        outages(value);
      } else if (std::ranges::find(kBoundKeys, name) != std::end(kBoundKeys)) {
        number(value, name, kScenarioMsMax, out_.bounds.limits[name]);
      } else {
        std::string all = " outage_ms_max";
        for (const char* one : kBoundKeys) all += std::string(" ") + one;
        problem(value.source(), "unknown claim \"" + name + "\": [claims] takes" + all);
      }
    }
  }

  void outages(const toml::node& node) {
    const toml::table* paths = table(node, "claims.outage_ms_max");
    if (!paths) return;
    for (const auto& [key, value] : *paths) {
      const std::string name(key.str());
      const bool known =
          std::ranges::any_of(kClaimPaths, [&](Path one) { return to_string(one) == name; });
      if (!known) {
        problem(value.source(), "unknown path \"" + name + "\": browse, cart, order or named");
        continue;
      }
      number(value, name, kScenarioMsMax, out_.bounds.outage_ms_max[name]);
    }
  }

  void faults(const toml::node& node) {
    const toml::array* list = node.as_array();
    if (!list || list->size() > kFaultsPerScenarioMax) {
      return problem(node.source(), "write each fault as [[fault]], at most " +
                                        std::to_string(kFaultsPerScenarioMax));
    }
    for (const toml::node& one : *list) {
      const toml::table* keys = table(one, "[fault]");
      if (keys) fault(*keys);
    }
  }

  void fault(const toml::table& keys) {
    FaultSpec spec;
    spec.name = std::to_string(out_.faults.size() + 1);
    if (const toml::node* kind = keys.get("kind")) text(*kind, "kind", spec.kind);
    const FaultKind* kind = find_fault(spec.kind);
    if (!kind) {
      return problem(keys.source(),
                     "\"kind\" is one of " + all_fault_names() + ", not \"" + spec.kind + "\"");
    }
    for (const auto& [key, value] : keys) fault_key(*kind, std::string(key.str()), value, spec);
    if (kind->target == FaultNeed::kYes && spec.target.empty()) {
      problem(keys.source(), spec.kind + " needs \"target\"");
    }
    if (kind->scope == FaultScope::kLink && spec.to.empty()) {
      problem(keys.source(), spec.kind + " needs \"to\", the other end");
    }
    if (kind->lasts == FaultNeed::kYes && spec.for_ms == 0) {
      problem(keys.source(), spec.kind + " needs \"for_ms\": it heals by itself then");
    }
    out_.faults.push_back(std::move(spec));
  }

  void fault_key(const FaultKind& kind, const std::string& key, const toml::node& value,
                 FaultSpec& spec) {
    if (key == "kind") return;
    if (key == "name") return text(value, key, spec.name);
    if (key == "target" && kind.target != FaultNeed::kNo) return text(value, key, spec.target);
    if (key == "to" && kind.scope == FaultScope::kLink) return text(value, key, spec.to);
    if (key == "at_ms") return number(value, key, kScenarioMsMax, spec.when.at_ms);
    if (key == "for_ms" && kind.lasts != FaultNeed::kNo) {
      return number(value, key, kScenarioMsMax, spec.for_ms);
    }
    if (key == "when") return when(kind, value, spec.when);
    if (key == "until" && kind.lasts != FaultNeed::kNo) return until(value, spec.until);
    const FaultParameter* parameter = find_parameter(kind, key);
    if (!parameter) {
      return problem(value.source(),
                     "unknown key \"" + key + "\": " + spec.kind + " takes " + fault_keys(kind));
    }
    if (parameter->is_text) {
      text(value, key, spec.words[key]);
      const auto good = checked(kind, *parameter, spec.words[key]);
      if (!good) problem(value.source(), good.error().detail);
    } else {
      number(value, key, kFigureMax, spec.figures[key]);
      const auto good = checked(kind, *parameter, spec.figures[key]);
      if (!good) problem(value.source(), good.error().detail);
    }
  }

  // Reads a key that "when" and "until" share; false for any other.
  bool event_key(const std::string& name, const toml::node& value, Trigger& into) {
    if (name != "event" && name != "on") return false;
    text(value, name, name == "event" ? into.event : into.on);
    return true;
  }

  void when(const FaultKind& kind, const toml::node& node, Trigger& into) {
    const toml::table* keys = table(node, "fault.when");
    if (!keys) return;
    for (const auto& [key, value] : *keys) {
      const std::string name(key.str());
      if (event_key(name, value, into)) continue;
      if (name == "point")
        text(value, name, into.point);
      else if (name == "nth")
        number(value, name, 1'000'000'000, into.nth);
      else
        problem(value.source(), "\"when\" takes event, on, nth; or point, nth");
    }
    if (into.event.empty() == into.point.empty()) {
      problem(node.source(), "\"when\" names either an event or a point");
    }
    if (!into.point.empty() && !kind.at_points) {
      problem(node.source(), "only kill and stop can wait for a point inside a process");
    }
  }

  void until(const toml::node& node, Trigger& into) {
    const toml::table* keys = table(node, "fault.until");
    if (!keys) return;
    for (const auto& [key, value] : *keys) {
      const std::string name(key.str());
      if (event_key(name, value, into)) continue;
      if (name == "at_ms")
        number(value, name, kScenarioMsMax, into.at_ms);
      else
        problem(value.source(), "\"until\" takes event, on, at_ms");
    }
    if (into.event.empty()) problem(node.source(), "\"until\" names an event");
  }

  void check_references(const toml::table& root) {
    for (size_t i = 0; i < out_.faults.size(); ++i) {
      const FaultSpec& spec = out_.faults[i];
      for (size_t other = 0; other < i; ++other) {
        if (out_.faults[other].name == spec.name) {
          problem(root.source(), "two faults are named \"" + spec.name + "\"");
        }
      }
      if (!spec.target.starts_with("fault:")) continue;
      const std::string name = spec.target.substr(6);
      const bool known =
          std::any_of(out_.faults.begin(), out_.faults.begin() + static_cast<long>(i),
                      [&](const FaultSpec& one) { return one.name == name; });
      if (!known) {
        problem(root.source(), "\"" + spec.target + "\": no fault before it is named " + name);
      }
    }
  }

  std::string file_, problems_;
  Scenario out_;
};

}  // namespace

Result<Scenario> read_scenario(const std::string& file_name, const std::string& text) {
  return ScenarioReader(file_name).read(text);
}

Result<Scenario> load_scenario(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".toml")) name.resize(name.size() - 5);
  std::string text;
  if (path.find('/') == std::string::npos && !path.ends_with(".toml")) {
    const auto files = embedded_scenarios();
    const auto known = std::ranges::find_if(
        files, [&](const EmbeddedFile& one) { return one.name == path + ".toml"; });
    if (known == files.end()) {
      return Error(Code::kNotFound, "there is no scenario \"" + path +
                                        "\"; `multiaz chaos list` names them, and a file is given "
                                        "as FILE.toml");
    }
    text = std::string(known->text);
  } else {
    auto read = read_text(path);
    if (!read) return read.error();
    text = std::move(*read);
  }
  auto scenario = read_scenario(path, text);
  if (scenario) scenario->name = name;
  if (scenario) scenario->origin = path;
  return scenario;
}

void set_topology(Scenario& scenario, const std::string& section, const std::string& key,
                  const std::string& value) {
  toml::parse_result parsed = toml::parse(scenario.topology);
  if (!parsed) return;  // this program wrote the text, so it parses
  toml::table& root = parsed.table();
  if (!root.contains(section)) root.insert(section, toml::table());
  root[section].as_table()->insert_or_assign(key, value);
  std::ostringstream out;
  out << toml::toml_formatter(root);
  scenario.topology = out.str() + "\n";
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> out;
  for (const EmbeddedFile& one : embedded_scenarios()) {
    out.emplace_back(one.name.substr(0, one.name.size() - 5));
  }
  return out;
}

}  // namespace multiaz::chaos
