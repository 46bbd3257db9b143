// A run as a folder that can be carried away and judged again:
//   scenario.toml  what was asked for      run.json       what happened, in figures
//   history.jsonl  what probes saw         requests.jsonl what shoppers got
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
// Writes what was judged beside them, and then the digest of everything.
Status write_judged(const std::string& folder, const RunRecord& record, const JudgedRun& judged);
// kNotFound, kInvalid: which file, which line. What speaks against the folder is in the record's
// doubts; without digest nothing is compared, and a run that did not write down who was there is
// taken to have had the default cluster if its scenario has no other.
Result<RunRecord> read_run(const std::string& folder, bool with_digest = true);

std::string result_json(const RunRecord& record, const JudgedRun& judged);
std::string verdict_text(const JudgedRun& judged);
// Its figures, with those of its control run in brackets; "" without one.
std::string beside_text(const RunRecord& record, const JudgedRun& judged);

}  // namespace multiaz::chaos
