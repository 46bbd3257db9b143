#include "base/elb/attributes.h"

#include <algorithm>
#include <span>
#include <type_traits>
#include <variant>

#include "base/core/nearest.h"
#include "base/elb/attribute_keys.h"
#include "base/elb/numbers.h"
#include "base/elb/words.h"

namespace multiaz::elb {

namespace {

template <typename T>
std::string allowed_by(const Key<T>& key) {
  if (!key.choices.empty()) return "one of " + list_of(key.choices);
  if (std::holds_alternative<bool T::*>(key.member)) return "true or false";
  if (std::holds_alternative<std::string T::*>(key.member)) return "the name of a cookie";
  if (key.unit == Unit::kSeconds) {
    return "seconds from " + seconds_text(key.low) + " to " + seconds_text(key.high);
  }
  return "off, or a whole number from " + std::to_string(key.low) + " to " +
         std::to_string(key.high);
}

bool is_cookie_name(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto token = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  };
  constexpr size_t kNameBytesMax = 256;
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, token) &&
         !name.starts_with("AWSALB");
}

// Each returns false when the value is not allowed.
template <typename T>
bool take(const Key<T>& key, std::string_view value, bool& out) {
  const bool named = !key.choices.empty();
  out = value == (named ? key.choices[1] : "true");
  return out || value == (named ? key.choices[0] : "false");
}

template <typename T>
bool take(const Key<T>& key, std::string_view value, uint64_t& out) {
  const auto number = milliseconds_of(value);
  out = number.value_or(0);
  return number && out >= key.low && out <= key.high;
}

template <typename T>
bool take(const Key<T>&, std::string_view value, std::string& out) {
  out = std::string(value);
  return is_cookie_name(value);
}

template <typename T, typename E>
requires std::is_enum_v<E>
bool take(const Key<T>& key, std::string_view value, E& out) {
  const auto found = std::ranges::find(key.choices, value);
  if (found == key.choices.end()) return false;
  out = static_cast<E>(found - key.choices.begin());
  return true;
}

template <typename T>
bool take(const Key<T>& key, std::string_view value, HealthMinimum& out) {
  uint64_t& part = key.unit == Unit::kPercent ? out.percent : out.count;
  if (value == "off") {
    part = 0;
    return true;
  }
  const auto number = whole_number(value, key.low, key.high);
  part = number.value_or(0);
  return number.has_value();
}

template <typename T>
std::string text_of(const Key<T>& key, const T& attributes) {
  return std::visit(
      [&](auto member) -> std::string {
        const auto& value = attributes.*member;
        using Value = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) {
          if (!key.choices.empty()) return std::string(key.choices[value ? 1 : 0]);
          return value ? "true" : "false";
        } else if constexpr (std::is_same_v<Value, uint64_t>) {
          return seconds_text(value);
        } else if constexpr (std::is_same_v<Value, std::string>) {
          return value;
        } else if constexpr (std::is_same_v<Value, HealthMinimum>) {
          const uint64_t part = key.unit == Unit::kPercent ? value.percent : value.count;
          return part == 0 ? "off" : std::to_string(part);
        } else {
          return std::string(key.choices[static_cast<size_t>(value)]);
        }
      },
      key.member);
}

template <typename T>
Status set_in(std::span<const Key<T>> keys, std::string_view name, std::string_view value, T& out) {
  const std::string quoted = "\"" + std::string(name) + "\"";
  const auto found = std::ranges::find(keys, name, &Key<T>::key);
  if (found == keys.end()) {
    std::vector<std::string_view> names;
    for (const Key<T>& key : keys) names.push_back(key.key);
    const std::string near = nearest(name, names);
    return Error(Code::kInvalid, "unknown attribute " + quoted +
                                     (near.empty() ? "" : "; did you mean \"" + near + "\"?") +
                                     " The attributes are " + list_of(names));
  }
  T changed = out;
  const bool good =
      std::visit([&](auto member) { return take(*found, value, changed.*member); }, found->member);
  if (!good) {
    return Error(Code::kInvalid, std::string(name) + " = \"" + std::string(value) +
                                     "\" is not allowed: it takes " + allowed_by(*found));
  }
  if (!found->only.empty() && text_of(*found, changed) != found->only) {
    return Error(Code::kInvalid, std::string(name) + " = \"" + std::string(value) +
                                     "\" is not built yet: only \"" + std::string(found->only) +
                                     "\" is");
  }
  out = std::move(changed);
  return Status();
}

template <typename T>
std::vector<AttributeRow> rows_of(std::span<const Key<T>> keys, const T& attributes) {
  std::vector<AttributeRow> out;
  for (const Key<T>& key : keys) {
    out.push_back({std::string(key.key), allowed_by(key), text_of(key, attributes),
                   std::string(key.words), std::string(key.only)});
  }
  return out;
}

}  // namespace

Status set_attribute(std::string_view key, std::string_view value, LoadBalancerAttributes& out) {
  return set_in(balancer_keys(), key, value, out);
}

Status set_attribute(std::string_view key, std::string_view value, TargetGroupAttributes& out) {
  return set_in(group_keys(), key, value, out);
}

std::vector<AttributeRow> attribute_rows(const LoadBalancerAttributes& attributes) {
  return rows_of(balancer_keys(), attributes);
}

std::vector<AttributeRow> attribute_rows(const TargetGroupAttributes& attributes) {
  return rows_of(group_keys(), attributes);
}

Status check_together(const TargetGroupAttributes& attributes) {
  const bool weighted = attributes.algorithm == Algorithm::kWeightedRandom;
  const bool app =
      attributes.stickiness && attributes.stickiness_type == StickinessType::kAppCookie;
  if (attributes.slow_start_ms != 0 && attributes.algorithm != Algorithm::kRoundRobin) {
    return Error(Code::kInvalid,
                 "slow_start.duration_seconds needs load_balancing.algorithm.type round_robin");
  }
  if (attributes.anomaly_mitigation && !weighted) {
    return Error(Code::kInvalid,
                 "load_balancing.algorithm.anomaly_mitigation needs "
                 "load_balancing.algorithm.type weighted_random");
  }
  if (attributes.stickiness && weighted) {
    return Error(Code::kInvalid,
                 "stickiness.enabled and load_balancing.algorithm.type weighted_random exclude "
                 "each other");
  }
  if (attributes.stickiness && attributes.cross_zone == CrossZone::kOff) {
    return Error(Code::kInvalid,
                 "stickiness.enabled and load_balancing.cross_zone.enabled false exclude each "
                 "other");
  }
  if (app && attributes.app_cookie_name.empty()) {
    return Error(Code::kInvalid,
                 "stickiness.type app_cookie needs stickiness.app_cookie.cookie_name");
  }
  return Status();
}

}  // namespace multiaz::elb
