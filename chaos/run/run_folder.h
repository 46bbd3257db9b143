// A run as a folder that can be copied elsewhere and judged again:
//   scenario.toml  the scenario           run.json       the facts and values of the run
//   history.jsonl  operations of probes   requests.jsonl requests of shoppers
//   events.jsonl   the control plane's     faults.jsonl   planned, applied, verified, healed
//   result.json    the verdict             junit.xml, summary.md, report.html, history.edn
//   digest.json    SHA-256 of each of these files (chaos/run/digest.h)
//   logs/          of the daemons, when a claim does not hold
#pragma once

#include <string>

#include "base/core/result.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

// Writes the record's files. `toml` is the scenario as it was read. kIo names the file.
Status write_run(const std::string& folder, const RunRecord& record, const std::string& toml);
// Writes the judgement beside them, and then the digest of all files.
Status write_judged(const std::string& folder, const RunRecord& record, const JudgedRun& judged);
// kNotFound, kInvalid: which file, which line. Reasons not to believe the folder are in the
// record's doubts; without digest nothing is compared. A run that did not record its roster is
// taken to have had the default cluster if its scenario has no other.
Result<RunRecord> read_run(const std::string& folder, bool with_digest = true);

std::string result_json(const RunRecord& record, const JudgedRun& judged);
std::string verdict_text(const JudgedRun& judged);
// The run's values, with those of its control run in brackets; "" without one.
std::string beside_text(const RunRecord& record, const JudgedRun& judged);

}  // namespace multiaz::chaos
