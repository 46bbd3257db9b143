#include "base/faults/words.h"

#include <algorithm>

namespace multiaz {

namespace {

constexpr size_t kNameWidth = 17;

std::string number_words(const FaultParameter& one) {
  std::string out = std::to_string(one.min) + "-" + std::to_string(one.max);
  if (!one.unit.empty()) out += " " + std::string(one.unit);
  return one.normal == 0 ? out : out + " (" + std::to_string(one.normal) + ")";
}

std::string text_words(const FaultParameter& one) {
  if (!one.choices.empty())
    return "one of " + listed(one.choices) + (one.may_lack ? ", or none" : "");
  return "a text (" + std::string(one.usual) + ")";
}

std::string proof_words(const FaultKind& kind) {
  if (kind.end == FaultEnd::kStopped) return "state T";
  if (kind.scope == FaultScope::kProcess && kind.end == FaultEnd::kGone) return "the pid is gone";
  if (!kind.proof.empty() && !kind.proof.starts_with("fabric_")) return std::string(kind.proof);
  const std::string grows = "`" + fault_counter(kind) + "` grows";
  return kind.end == FaultEnd::kPerhaps ? grows + ", or the pid is gone" : grows;
}

std::string place_words(const FaultKind& kind) {
  if (kind.scope == FaultScope::kLink) return "links";
  if (kind.scope == FaultScope::kAct) return "an act from outside";
  return "inside " + listed(kind.tiers);
}

template <typename Visit>
void each_of(std::initializer_list<FaultScope> scopes, Visit visit) {
  for (const FaultKind& one : kFaultKinds) {
    if (std::find(scopes.begin(), scopes.end(), one.scope) != scopes.end()) visit(one);
  }
}

}  // namespace

std::string fault_names(std::initializer_list<FaultScope> scopes, std::string_view between) {
  std::string out;
  each_of(scopes, [&](const FaultKind& one) {
    out += (out.empty() ? "" : std::string(between)) + std::string(one.name);
  });
  return out;
}

std::string all_fault_names() {
  return fault_names({FaultScope::kAct, FaultScope::kLink, FaultScope::kProcess});
}

std::string listed(std::string_view words) {
  std::string out;
  for (const char one : words) out += one == ' ' ? std::string(", ") : std::string(1, one);
  return out;
}

std::string fault_keys(const FaultKind& kind) {
  std::string out = "kind, name, at_ms, when";
  if (kind.target != FaultNeed::kNo) out += ", target";
  if (kind.scope == FaultScope::kLink) out += ", to";
  if (kind.lasts != FaultNeed::kNo) out += ", for_ms, until";
  for (const FaultParameter& one : kind.parameters) {
    if (!one.name.empty()) out += ", " + std::string(one.name);
  }
  return out;
}

std::string fault_counter(const FaultKind& kind) {
  return kind.proof.starts_with("fabric_") ? std::string(kind.proof)
                                           : "fault_" + std::string(kind.name);
}

std::string value_words(const FaultParameter& parameter) {
  return parameter.is_text ? text_words(parameter) : number_words(parameter);
}

std::string parameter_words(const FaultKind& kind) {
  std::string out;
  for (const FaultParameter& one : kind.parameters) {
    if (one.name.empty()) continue;
    out += (out.empty() ? "" : "; ") + std::string(one.name) + " " + value_words(one);
  }
  return out;
}

std::string fault_help(std::initializer_list<FaultScope> scopes) {
  std::string out;
  each_of(scopes, [&](const FaultKind& one) {
    std::string name(one.name);
    name.resize(std::max(name.size(), kNameWidth), ' ');
    const std::string parameters = parameter_words(one);
    out += "  " + name + " " + std::string(one.help) +
           (parameters.empty() ? "" : " [" + parameters + "]") + "\n";
  });
  return out;
}

std::string fault_markdown() {
  std::string out =
      "| kind | does | where | takes | proof | example |\n|---|---|---|---|---|---|\n";
  for (const FaultKind& one : kFaultKinds) {
    out += "| `" + std::string(one.name) + "` | " + std::string(one.help) + " | " +
           place_words(one) + " | " + parameter_words(one) + " | " + proof_words(one) + " | `" +
           std::string(one.example) + "` |\n";
  }
  return out;
}

}  // namespace multiaz
