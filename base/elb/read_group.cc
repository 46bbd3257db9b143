#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/elb/numbers.h"
#include "base/elb/read_parts.h"

namespace multiaz::elb {

using nlohmann::json;

namespace {

constexpr size_t kGroupNameMax = 32;
constexpr size_t kPathMax = 1024;

template <typename T>
void set_one(ReadContext& context, const std::string& place, const std::string& key,
             const json& value, T& out) {
  const Status set = set_attribute(key, scalar_text(value), out);
  if (!set) context.wrong(place, set.error().detail);
}

// An object {"key": value}; in TOML a key with dots makes nested objects.
template <typename T>
void set_members(ReadContext& context, const std::string& place, const std::string& prefix,
                 const json& from, T& out) {
  for (const auto& [name, value] : from.items()) {
    const std::string key = prefix.empty() ? name : prefix + "." + name;
    if (value.is_object()) {
      set_members(context, place, key, value, out);
    } else {
      set_one(context, place + "." + key, key, value, out);
    }
  }
}

template <typename T>
void set_all(ReadContext& context, const json& from, const std::string& place, T& out) {
  if (from.is_object()) {
    set_members(context, place, "", from, out);
    return;
  }
  if (!from.is_array()) {
    context.wrong(place, "an object, or an array of {\"Key\", \"Value\"}, is needed");
    return;
  }
  size_t count = 0;
  for (const json& item : from) {
    const std::string here = place + "[" + std::to_string(count++) + "]";
    ObjectFields fields(context, item, here);
    std::string key;
    const bool named = fields.text("Key", key, 128);
    const json* value = fields.member("Value");
    fields.finish();
    if (named && value) set_one(context, here, key, *value, out);
    if (item.is_object() && !(named && value)) context.wrong(here, "Key and Value are needed");
  }
}

bool is_group_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= kGroupNameMax && name.front() != '-' &&
         name.back() != '-' && std::ranges::all_of(name, good);
}

// "200", "200,202", "200-299"
bool read_matcher(std::string_view text, std::vector<CodeRange>& out) {
  constexpr uint64_t kLow = 200, kHigh = 499;
  out.clear();
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    const size_t dash = item.find('-');
    const auto low = whole_number(item.substr(0, dash), kLow, kHigh);
    const auto high =
        dash == std::string_view::npos ? low : whole_number(item.substr(dash + 1), kLow, kHigh);
    if (!low || !high || *low > *high) return false;
    out.push_back({static_cast<int>(*low), static_cast<int>(*high)});
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

void read_health(ReadContext& context, ObjectFields& fields, HealthCheck& out) {
  constexpr uint64_t kShortestMs = 50, kTimeoutMaxMs = 120'000, kIntervalMaxMs = 300'000;
  need_http(fields, "HealthCheckProtocol");
  if (fields.text("HealthCheckPath", out.path, kPathMax)) {
    const auto forbidden = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
    if (!out.path.starts_with('/') || std::ranges::any_of(out.path, forbidden)) {
      fields.wrong("HealthCheckPath", "a path that begins with '/' is needed, without blanks");
    }
  }
  fields.seconds("HealthCheckIntervalSeconds", kShortestMs, kIntervalMaxMs, out.interval_ms);
  fields.seconds("HealthCheckTimeoutSeconds", kShortestMs, kTimeoutMaxMs, out.timeout_ms);
  int64_t healthy = out.healthy_threshold, unhealthy = out.unhealthy_threshold;
  fields.number("HealthyThresholdCount", 2, 10, healthy);
  fields.number("UnhealthyThresholdCount", 2, 10, unhealthy);
  out.healthy_threshold = static_cast<unsigned>(healthy);
  out.unhealthy_threshold = static_cast<unsigned>(unhealthy);
  const json* port = fields.member("HealthCheckPort");
  if (port && scalar_text(*port) != "traffic-port") {
    const auto number = whole_number(scalar_text(*port), 1, 65'535);
    out.port = static_cast<uint16_t>(number.value_or(0));
    if (!number) fields.wrong("HealthCheckPort", "traffic-port, or a port from 1 to 65535");
  }
  if (const json* matcher = fields.member("Matcher")) {
    ObjectFields codes(context, *matcher, fields.place_of("Matcher"));
    std::string text;
    if (codes.text("HttpCode", text, 256) && !read_matcher(text, out.matcher)) {
      codes.wrong("HttpCode", "statuses from 200 to 499 are needed, such as 200,202 or 200-299");
    }
    codes.finish();
  }
}

void read_targets(ReadContext& context, ObjectFields& fields, TargetGroup& out) {
  fields.items("Targets", [&](const json& item, const std::string& place) {
    const std::string text = item.is_string() ? std::string(jsonio::text_view(item)) : "";
    const size_t colon = text.find(':');
    const auto block = sg::parse_cidr(text.substr(0, colon));
    const auto port = colon == std::string::npos ? std::optional<uint64_t>(out.port)
                                                 : whole_number(text.substr(colon + 1), 1, 65'535);
    const bool good = block && text.find('/') == std::string::npos && port && *port != 0;
    if (!good) {
      context.wrong(place, "ADDRESS:PORT is needed, such as \"127.0.0.1:9000\"");
      return;
    }
    const TargetAddress address = {block->ip, static_cast<uint16_t>(*port)};
    if (std::ranges::find(out.targets, address) != out.targets.end()) {
      context.wrong(place, "this target is there already");
      return;
    }
    out.targets.push_back(address);
  });
  if (out.targets.size() > kTargetsMax) {
    fields.wrong("Targets", "at most " + std::to_string(kTargetsMax) + " are allowed");
  }
}

}  // namespace

void read_attributes(ReadContext& context, const json& from, const std::string& place,
                     LoadBalancerAttributes& out) {
  set_all(context, from, place, out);
}

void read_attributes(ReadContext& context, const json& from, const std::string& place,
                     TargetGroupAttributes& out) {
  set_all(context, from, place, out);
  const Status together = check_together(out);
  if (!together) context.wrong(place, together.error().detail);
}

TargetGroup read_group(ReadContext& context, const json& from, const std::string& place,
                       const Defaults& defaults) {
  ObjectFields fields(context, from, place);
  std::string name;
  fields.text("Name", name, kGroupNameMax);
  TargetGroup out = name == kWebGroup ? defaults.web : defaults.other;
  out.name = name;
  if (!is_group_name(name)) {
    fields.wrong("Name",
                 "a name of 1 to 32 letters, digits and '-' is needed, with none of the "
                 "latter at its ends");
    out.name.clear();
  }
  need_http(fields, "Protocol");
  int64_t port = 0;
  if (fields.number("Port", 1, 65'535, port)) out.port = static_cast<uint16_t>(port);
  std::string type;
  const bool typed = fields.text("TargetType", type, 16);
  if (fields.has("Targets")) out.instances = false;
  if (typed && type != "instance" && type != "ip") {
    fields.wrong("TargetType", "\"" + type + "\" is not built: instance (the web tier) or ip");
  } else if (typed) {
    out.instances = type == "instance";
  }
  read_targets(context, fields, out);
  if (out.instances && !out.targets.empty()) {
    fields.wrong("Targets", "a group of type instance has the web tier; targets need type ip");
  }
  read_health(context, fields, out.health);
  if (const json* attributes = fields.member("Attributes")) {
    read_attributes(context, *attributes, fields.place_of("Attributes"), out.attributes);
  }
  fields.finish();
  return out;
}

}  // namespace multiaz::elb
