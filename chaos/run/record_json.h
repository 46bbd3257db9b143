// Parts of a record as JSON, in both directions. Only run_folder.cc and the report need it.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/core/result.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// T: FaultRecord, Event, Request, Finding.
template <typename T>
nlohmann::ordered_json to_json(const T& part);
nlohmann::ordered_json to_json(const Figures& figures);
nlohmann::ordered_json figures_json(const RunRecord& record);  // run.json

// T: FaultRecord, Event, Request. kInvalid names the key and what is allowed there.
template <typename T>
Result<T> read_part(const nlohmann::json& json);
Status take_figures(const nlohmann::json& json, RunRecord& record);

}  // namespace multiaz::chaos
