// Security groups as VPC has them: rules allow, and no rule denies; a source is a CIDR block or
// another group, which stands for the addresses of its members. They are inbound, for TCP and UDP.
// Open connections stay open when the rules change; new connections are judged by the new rules.
// Pure.
//
// A process is identified by its address: every instance has its own, and binds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace multiaz::sg {

constexpr size_t kRulesPerGroupMax = 60;  // AWS's quota

struct Rule {
  std::string group;  // the group whose members accept: "sg-cache"
  uint16_t port_low = 0, port_high = 0;
  std::string source;  // "sg-web" or "127.0.0.1/32"
  std::string why;     // a description for people
  bool same_door(const Rule& other) const {
    return group == other.group && port_low == other.port_low && port_high == other.port_high &&
           source == other.source;
  }
  bool operator==(const Rule&) const = default;
};

struct Member {
  std::string id;     // "web-a1"
  std::string group;  // "sg-web"
  uint32_t ip = 0;    // host byte order
};

struct Cidr {
  uint32_t ip = 0, mask = 0xffffffff;
  [[nodiscard]] bool contains(uint32_t address) const { return (address & mask) == (ip & mask); }
};
// Reads "10.0.0.0/8"; a bare address is /32. kInvalid otherwise.
Result<Cidr> parse_cidr(std::string_view text);

// "sg-cache: tcp 6379 from sg-web"
std::string text_of(const Rule& rule);
// kInvalid says what is wrong. `groups` are those that exist.
Status check_rule(const Rule& rule, const std::vector<std::string>& groups);

struct Verdict {
  bool allowed = false;
  std::string because;  // the rule that allows it, or what the group allows instead
};
// Whether `from` may open a connection to that port of a member of `group`.
Verdict judge(const std::vector<Rule>& rules, const std::vector<Member>& members, uint32_t from,
              const std::string& group, uint16_t port);

// The group of a tier: "sg-web" for "web".
std::string group_of_tier(std::string_view tier);

}  // namespace multiaz::sg
