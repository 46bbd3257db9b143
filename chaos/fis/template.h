// AWS FIS experiment templates in their own format (CreateExperimentTemplate, JSON): read, checked,
// and laid out in time. What each action means here is one table, in actions.cc. Pure.
//
// AWS resolves targets once, before any action, and keeps them; an action without startAfter begins
// at once; startAfter waits for the others to complete. A target that no resource fits fails the
// experiment, or, with emptyTargetResolutionMode "skip", its actions are skipped.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "chaos/plan/scenario.h"

namespace multiaz::chaos {

constexpr size_t kFisBytesMax = 1024 * 1024;  // of a template's text

struct FisTarget {
  std::string type;  // "aws:ec2:instance"
  std::map<std::string, std::string> tags, parameters;
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;  // path, values
  std::vector<std::string> arns;
  std::string selection;  // ALL, COUNT, PERCENT
  uint64_t count = 0;     // of COUNT and PERCENT
};

struct FisAction {
  std::string name, id;
  std::map<std::string, std::string> parameters, targets;  // key -> name of the target
  std::vector<std::string> start_after;
};

struct FisTemplate {
  std::string description;
  std::map<std::string, FisTarget> targets;
  std::vector<FisAction> actions;
  std::vector<std::string> alarms;  // stop conditions: arn:aws:cloudwatch:...:alarm:NAME
  bool skip_empty = false;          // emptyTargetResolutionMode: skip instead of fail
  std::vector<std::string> notes;   // what AWS would refuse or do differently
};

// kInvalid: one problem a line, with the path in the document ("actions.stop-web.actionId: ...").
Result<FisTemplate> read_fis(const std::string& text);
// True for a document that looks like a FIS template.
bool is_fis(const std::string& text);

// Reads ISO 8601: PT2M, PT1H30M, PT30S, P1D. kInvalid.
Result<uint64_t> duration_ms(const std::string& text);
// The last letter of "us-east-1b", "local-1b" and "az-b"; an id "use1-az2" is b. 0: no zone.
char zone_letter(const std::string& text);

// The instances of a running cluster as EC2, RDS and ElastiCache resources.
struct FisResource {
  std::string id, tier, zone, role;
};
// The resources of the cluster that a run starts when it is given none.
std::vector<FisResource> usual_resources();

// The resources that a target means; COUNT and PERCENT draw with the seed, PERCENT rounds down.
// kNotFound: none, with the reason.
Result<std::vector<std::string>> resolve_fis(const FisTarget& target,
                                             const std::vector<FisResource>& resources,
                                             uint64_t seed);

// The template as a scenario whose faults have times: targets are resolved, durations are scaled
// (`scale` 0.05 makes PT10M 30 s). For skipped actions see note_skipped()
// (chaos/plan/scenario_file.h).
Result<Scenario> lay_out(const FisTemplate& fis, const std::vector<FisResource>& resources,
                         double scale, uint64_t seed);

}  // namespace multiaz::chaos
