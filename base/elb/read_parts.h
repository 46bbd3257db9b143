// The parts of a document, each read from its JSON object. Mistakes go to the context. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/elb/document.h"
#include "base/elb/fields.h"

namespace multiaz::elb {

void read_attributes(ReadContext& context, const nlohmann::json& from, const std::string& place,
                     LoadBalancerAttributes& out);
void read_attributes(ReadContext& context, const nlohmann::json& from, const std::string& place,
                     TargetGroupAttributes& out);

// The name is empty when it was missing or wrong.
TargetGroup read_group(ReadContext& context, const nlohmann::json& from, const std::string& place,
                       const Defaults& defaults);

// --- what refers to the groups of `document`
Listener read_listener(ReadContext& context, const nlohmann::json& from, const std::string& place,
                       const Document& document);
Rule read_rule(ReadContext& context, const nlohmann::json& from, const std::string& place,
               const Document& document);
// The one action of the array under `key`.
Action read_actions(ReadContext& context, ObjectFields& fields, std::string_view key,
                    const Document& document);
Condition read_condition(ReadContext& context, const nlohmann::json& from,
                         const std::string& place);

}  // namespace multiaz::elb
