// Writes a verdict as files for other programs.
#pragma once

#include <initializer_list>
#include <string>

#include "base/core/result.h"
#include "chaos/checkers/verdict.h"

namespace multiaz::chaos {

// Writes JUnit XML, and appends to a job's summary, as CI systems want it (by default
// $GITHUB_STEP_SUMMARY). "" = none. A file that cannot be written is reported on stderr.
void write_verdict(const Verdict& verdict, const std::string& junit, std::string summary);

// Checks before the run, and not after it, whether such a file can be written there, or the folder
// of `--out` made. "" is fine. kInvalid names the path and the problem; the trial leaves nothing
// behind.
Status check_output_file(const std::string& path);
Status check_output_folder(const std::string& path);

// Returns the first of `--junit`, `--summary`, ... that cannot be written, by name.
struct OutputFile {
  const char* option;
  const std::string& path;
};
Status check_output_files(std::initializer_list<OutputFile> files);

}  // namespace multiaz::chaos
