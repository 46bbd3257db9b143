#include "base/sg/security_groups.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace multiaz::sg {

namespace {

bool is_group(std::string_view source) {
  return source.starts_with("sg-");
}

bool source_holds(const Rule& rule, const std::vector<Member>& members, uint32_t from) {
  if (is_group(rule.source)) {
    return std::any_of(members.begin(), members.end(), [&](const Member& one) {
      return one.group == rule.source && one.ip == from;
    });
  }
  const auto block = parse_cidr(rule.source);
  return block && block->contains(from);
}

std::string ports_of(const Rule& rule) {
  if (rule.port_low == 0 && rule.port_high == 65535) return "all ports";
  std::string out = std::to_string(rule.port_low);
  if (rule.port_high != rule.port_low) out += "-" + std::to_string(rule.port_high);
  return out;
}

}  // namespace

Result<Cidr> parse_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string base(text.substr(0, slash));
  in_addr raw{};
  if (inet_pton(AF_INET, base.c_str(), &raw) != 1) {
    return Error(Code::kInvalid, "'" + std::string(text) +
                                     "' is neither a group (sg-web) nor a block (10.0.0.0/8)");
  }
  Cidr out;
  out.ip = ntohl(raw.s_addr);
  if (slash == std::string_view::npos) return out;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 33;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failed != std::errc() || end != digits.data() + digits.size() || bits > 32) {
    return Error(Code::kInvalid, "'" + std::string(text) + "': a prefix has 0 to 32 bits");
  }
  out.mask = bits == 0 ? 0 : ~uint32_t{0} << (32 - bits);
  return out;
}

std::string text_of(const Rule& rule) {
  return rule.group + ": " + ports_of(rule) + " from " + rule.source;
}

Status check_rule(const Rule& rule, const std::vector<std::string>& groups) {
  const auto known = [&](const std::string& name) -> Status {
    if (std::find(groups.begin(), groups.end(), name) != groups.end()) return Status();
    std::string all;
    for (const std::string& one : groups) all += " " + one;
    return Error(Code::kInvalid, "there is no group '" + name + "'; the groups are" + all);
  };
  const Status group = known(rule.group);
  if (!group) return group;
  if (rule.port_low > rule.port_high) {
    return Error(Code::kInvalid, "a range of ports goes from the lower to the higher one");
  }
  if (is_group(rule.source)) return known(rule.source);
  const auto block = parse_cidr(rule.source);
  return block ? Status() : block.error();
}

Verdict judge(const std::vector<Rule>& rules, const std::vector<Member>& members, uint32_t from,
              const std::string& group, uint16_t port) {
  std::string open;
  for (const Rule& rule : rules) {
    if (rule.group != group || port < rule.port_low || port > rule.port_high) continue;
    if (source_holds(rule, members, from)) return {true, text_of(rule)};
    open += (open.empty() ? "" : ", ") + rule.source;
  }
  return {false, "no rule of " + group + " allows it: port " + std::to_string(port) +
                     " is open to " + (open.empty() ? "nobody" : open)};
}

std::string group_of_tier(std::string_view tier) {
  return "sg-" + std::string(tier);
}

}  // namespace multiaz::sg
