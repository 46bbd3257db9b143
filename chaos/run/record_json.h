// Parts of a record as JSON, there and back. Only run_folder.cc and the report need it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/core/result.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

nlohmann::ordered_json to_json(const FaultRecord& fault);
nlohmann::ordered_json to_json(const Event& event);
nlohmann::ordered_json to_json(const Request& request);
nlohmann::ordered_json to_json(const Finding& finding);
nlohmann::ordered_json to_json(const Figures& figures);
nlohmann::ordered_json figures_json(const RunRecord& record);  // run.json

// kInvalid names the key and what is allowed there.
Result<FaultRecord> fault_from(const nlohmann::json& json);
Result<Event> event_from(const nlohmann::json& json);
Result<Request> request_from(const nlohmann::json& json);
Status take_figures(const nlohmann::json& json, RunRecord& record);

}  // namespace multiaz::chaos
