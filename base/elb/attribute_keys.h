// The tables of attributes. attributes.h has what reads them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/elb/attributes.h"

namespace multiaz::elb {

enum class Unit { kNone, kSeconds, kCount, kPercent };

// A member of T. An enumeration takes the word of `choices` at the place of its value.
template <typename T>
using Member =
    std::variant<bool T::*, uint64_t T::*, std::string T::*, DesyncMode T::*, ForwardedForMode T::*,
                 StickinessType T::*, Algorithm T::*, CrossZone T::*, HealthMinimum T::*>;

template <typename T>
struct Key {
  std::string_view key;
  Member<T> member;
  Unit unit = Unit::kNone;
  uint64_t low = 0, high = 0;  // in milliseconds when the unit is kSeconds
  std::vector<std::string_view> choices;
  std::string_view only;  // the one value that is built so far; "" = all
  std::string_view words;
};

std::span<const Key<LoadBalancerAttributes>> balancer_keys();
std::span<const Key<TargetGroupAttributes>> group_keys();

}  // namespace multiaz::elb
