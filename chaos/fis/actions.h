// The tables of actions and of AWSFIS-Run documents, and the values that their parameters take.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/faults/kinds.h"
#include "chaos/fis/template.h"
#include "chaos/plan/problems.h"

namespace multiaz::chaos {

struct FisStep {
  std::vector<FaultSpec> faults;  // without times
  uint64_t lasts_ms = 0;          // scaled; the action has not completed before
};

// The kinds of values of a parameter. AWS has texts only, also for numbers and booleans.
enum class FisValue {
  kText,
  kDuration,      // PT1S to PT12H
  kPercent,       // 0 to 100
  kMilliseconds,  // 0 to 60000
  kSeconds,       // 1 to 43200
  kFlag,          // true, false
  kSignal,        // SIGKILL, SIGTERM
  kScope,         // all, availability-zone
  kZone,
  kDocument,            // an ARN that ends in the name of a known document
  kDocumentParameters,  // JSON in a text
};

struct FisParameter {
  std::string_view name;
  FisValue value;
  bool needed = false;
  // for a value without effect here: what happens instead; "" = it has its effect
  std::string_view instead;
};

// The target that an action needs: its key there ("Instances"; "" = none), and its type.
struct FisTargetKind {
  std::string_view key, type;
};

struct FisActionType {
  std::string_view id;
  FisTargetKind target;
  std::vector<FisParameter> parameters;
  // `ids`: the resolved target. REQUIRES: check_fis_action() found no problem.
  FisStep (*carry_out)(const FisAction& action, const std::vector<std::string>& ids, double scale);
};

const FisActionType* find_fis_action(const std::string& id);
std::string fis_action_names();

// Checks the action against the tables: parameters, their values, its target, its startAfter. Adds
// to `notes` what is accepted and has no effect.
void check_fis_action(const FisTemplate& fis, const FisAction& action, Problems& problems,
                      std::vector<std::string>& notes);
// Checks one value of a parameter; an error says what is allowed.
Status check_fis_value(FisValue kind, const std::string& value);

// --- documents of aws:ssm:send-command (documents.cc)
// "arn:aws:ssm:eu-west-1::document/AWSFIS-Run-CPU-Stress": kInvalid names those that are known.
Status check_fis_document(const std::string& arn);
// Checks the documentParameters of a known document; the places of problems are below `where`.
void check_document_parameters(const std::string& arn, const std::string& text,
                               const std::string& where, Problems& problems);
FisStep run_fis_document(const FisAction& action, const std::vector<std::string>& ids,
                         double scale);

// --- shared by the tables
FaultSpec fis_fault(FaultId kind, std::string target, uint64_t for_ms);
FisStep each_target(const std::vector<std::string>& ids, FaultId kind, uint64_t for_ms,
                    const std::map<std::string, uint64_t>& figures = {});
// Faults for the links between each instance and the balancers, which stand for its whole network.
FisStep each_link(const std::vector<std::string>& ids, FaultId kind, uint64_t for_ms,
                  const std::map<std::string, uint64_t>& figures);
// The scaled time, at least a tenth of a second.
uint64_t scaled_fis_ms(uint64_t ms, double scale);
// A number that check_fis_value() has accepted; the fallback when it is absent or none.
uint64_t fis_number(const std::string& text, uint64_t fallback);

}  // namespace multiaz::chaos
