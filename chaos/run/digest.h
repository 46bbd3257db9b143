// Is a run's folder as the run left it? digest.json has the SHA-256 of each of its files, and
// run.json has those of the files that belong to it and how much was in them, so that one file
// cannot be exchanged without the other. This finds mistakes and simple edits. A forger can compute
// both again, and is found only where the files contradict each other.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

using FolderFiles = std::vector<std::pair<const char*, std::string>>;  // names with contents

// Adds "files" and "recorded" to run.json.
void add_seal(nlohmann::ordered_json& figures, const RunRecord& record, const FolderFiles& files);
// Writes the digests of all files of the folder; to be called last. kIo.
Status write_digest(const std::string& folder);
// "" when the folder is as the run left it; else what was changed, is missing or cannot be known.
std::string doubts_about(const std::string& folder, const nlohmann::json& figures,
                         const RunRecord& record);
// The differences between result.json and the judgement, in both directions; "" if none.
std::string other_verdict(const std::string& folder, const JudgedRun& judged);

}  // namespace multiaz::chaos
