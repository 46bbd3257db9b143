#include "base/elb/read_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/core/jsonio.h"
#include "base/elb/fields.h"
#include "base/elb/read_parts.h"

namespace multiaz::elb {

using nlohmann::json;

namespace {

constexpr size_t kTextBytesMax = 512 << 10;

// The names of the lists: cluster.toml has one table for each item ([[rule]]).
struct ListNames {
  const char* attributes;
  const char* groups;
  const char* listeners;
  const char* rules;
};
constexpr ListNames kAwsNames = {"Attributes", "TargetGroups", "Listeners", "Rules"};
constexpr ListNames kTomlNames = {"lb.attributes", "target_group", "listener", "rule"};
constexpr const char* kTomlWebAttributes = "web.attributes";

class Reader {
 public:
  Reader(const Defaults& defaults, Spelling spelling) : defaults_(defaults) {
    context_.spelling = spelling;
  }

  Reading read(const json& root) {
    const ListNames& names = context_.spelling == Spelling::kAws ? kAwsNames : kTomlNames;
    document_.attributes = defaults_.attributes;
    ObjectFields fields(context_, root, "");
    if (const json* attributes = fields.member(names.attributes)) {
      read_attributes(context_, *attributes, names.attributes, document_.attributes);
    }
    const bool toml = context_.spelling == Spelling::kToml;
    if (const json* web = toml ? fields.member(kTomlWebAttributes) : nullptr) {
      read_attributes(context_, *web, kTomlWebAttributes, defaults_.web.attributes);
    }
    read_list(fields, names.groups, kTargetGroupsMax,
              [&](const json& item, const std::string& place) { add_group(item, place); });
    if (!document_.group(kWebGroup)) {
      document_.groups.insert(document_.groups.begin(), defaults_.web);
    }
    read_list(fields, names.listeners, kListenersMax,
              [&](const json& item, const std::string& place) { add_listener(item, place); });
    add_own_listener();
    read_list(fields, names.rules, kRulesMax,
              [&](const json& item, const std::string& place) { add_rule(item, place); });
    fields.finish();
    order_rules();
    return {std::move(document_), std::move(context_.mistakes)};
  }

 private:
  void read_list(ObjectFields& fields, const char* name, size_t limit,
                 const ObjectFields::Each& each) {
    size_t count = 0;
    fields.items(name, [&](const json& item, const std::string& place) {
      if (++count <= limit) each(item, place);
    });
    if (count > limit) {
      fields.wrong(
          name, "at most " + std::to_string(limit) + " are allowed, not " + std::to_string(count));
    }
  }

  void add_group(const json& item, const std::string& place) {
    TargetGroup group = read_group(context_, item, place, defaults_);
    if (group.name.empty()) return;  // that was reported
    if (document_.group(group.name)) {
      context_.wrong(place, "there is a target group \"" + group.name + "\" already");
      return;
    }
    const bool first = group.name == kWebGroup;
    document_.groups.insert(first ? document_.groups.begin() : document_.groups.end(),
                            std::move(group));
  }

  void add_listener(const json& item, const std::string& place) {
    Listener listener = read_listener(context_, item, place, document_);
    if (listener.port == defaults_.own_port) listener.port = 0;
    const bool twice = std::ranges::find(document_.listeners, listener.port, &Listener::port) !=
                       document_.listeners.end();
    if (twice) {
      context_.wrong(place, "there is a listener of this port already");
      return;
    }
    const bool own = listener.port == 0;
    document_.listeners.insert(own ? document_.listeners.begin() : document_.listeners.end(),
                               std::move(listener));
  }

  // Without a listener of its own port, a node forwards to the web tier there.
  void add_own_listener() {
    std::vector<Listener>& all = document_.listeners;
    if (!all.empty() && all.front().port == 0) return;
    Forward forward;
    forward.groups.push_back({std::string(kWebGroup), 1});
    all.insert(all.begin(), Listener{0, std::move(forward)});
  }

  void add_rule(const json& item, const std::string& place) {
    Rule rule = read_rule(context_, item, place, document_);
    if (rule.listener_port == defaults_.own_port) rule.listener_port = 0;
    const bool known =
        rule.listener_port == 0 || std::ranges::find(document_.listeners, rule.listener_port,
                                                     &Listener::port) != document_.listeners.end();
    if (!known) {
      context_.wrong(place, "there is no listener of port " + std::to_string(rule.listener_port));
    }
    if (!priorities_.emplace(rule.listener_port, rule.priority).second) {
      context_.wrong(place,
                     "another rule of this listener has priority " + std::to_string(rule.priority));
    }
    document_.rules.push_back(std::move(rule));
  }

  void order_rules() {
    std::ranges::stable_sort(document_.rules, {}, [](const Rule& rule) {
      return std::pair(rule.listener_port, rule.priority);
    });
  }

  Defaults defaults_;
  ReadContext context_;
  Document document_;
  std::set<std::pair<uint16_t, int>> priorities_;
};

}  // namespace

std::string text_of(const std::vector<Mistake>& mistakes) {
  std::string out;
  for (const Mistake& one : mistakes) {
    out += (out.empty() ? "" : "\n") + (one.place.empty() ? "" : one.place + ": ") + one.text;
  }
  return out;
}

Reading read_document(std::string_view text, const Defaults& defaults, Spelling spelling) {
  Reading out;
  if (text.size() > kTextBytesMax) {
    out.mistakes.push_back({"", "a document has at most 512 KiB"});
    return out;
  }
  const auto parsed = jsonio::parse_strict(text);
  if (!parsed) {
    out.mistakes.push_back({"", parsed.error().detail});
    return out;
  }
  return Reader(defaults, spelling).read(*parsed);
}

Defaults defaults_for_profile(std::string_view profile) {
  Defaults out;
  if (profile == "fast") {
    HealthCheck& health = out.other.health;
    health.interval_ms = 200;
    health.timeout_ms = 500;
    health.healthy_threshold = 2;
    health.unhealthy_threshold = 2;
    out.other.attributes.deregistration_delay_ms = 5'000;
  }
  out.web = out.other;
  out.web.name = std::string(kWebGroup);
  out.web.health.path = "/health";
  out.web.attributes.stickiness = true;
  return out;
}

}  // namespace multiaz::elb
