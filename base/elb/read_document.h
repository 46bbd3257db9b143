// Reads and writes documents as JSON. The keys are elbv2's (HealthCheckPath); in cluster.toml the
// same ones are written as TOML writes them (health_check_path). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/elb/document.h"

namespace multiaz::elb {

// The quotas of elbv2.
constexpr size_t kTargetGroupsMax = 100;
constexpr size_t kTargetsMax = 1'000;
constexpr size_t kListenersMax = 50;
constexpr size_t kRulesMax = 100;
constexpr size_t kGroupsPerActionMax = 5;
constexpr size_t kValuesPerRuleMax = 5;
constexpr size_t kWildcardsPerRuleMax = 5;
constexpr int kPriorityMax = 50'000;
constexpr unsigned kWeightMax = 999;

enum class Spelling { kAws, kToml };

// The attributes and groups as they are where the document says nothing else, and the port of the
// nodes, whose listener is the first.
struct Defaults {
  LoadBalancerAttributes attributes;
  TargetGroup web, other;
  uint16_t own_port = 0;
};
// "fast" has times for demonstrations, "aws" the documented ones.
Defaults defaults_for_profile(std::string_view profile);

struct Mistake {
  std::string place;  // "Rules[2].Conditions[0].Values"; "" for the whole text
  std::string text;   // what is wrong, and what is allowed
};
// One mistake on each line: "Rules[2].Priority: ...".
std::string text_of(const std::vector<Mistake>& mistakes);

// The document and everything that is wrong with it; use it only when nothing is. The group "web"
// and the first listener are always there: a text that does not name them gets them as they are by
// default.
struct Reading {
  Document document;
  std::vector<Mistake> mistakes;
};
Reading read_document(std::string_view json, const Defaults& defaults,
                      Spelling spelling = Spelling::kAws);

// The whole document with every value; read_document() gives the same document again.
std::string write_document(const Document& document);

}  // namespace multiaz::elb
