#include "chaos/verdict_files.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace multiaz::chaos {

void write_verdict(const Verdict& verdict, const std::string& junit, std::string summary) {
  const char* job_summary = std::getenv("GITHUB_STEP_SUMMARY");
  if (summary.empty() && job_summary != nullptr) summary = job_summary;
  const auto write = [](const std::string& path, const std::string& text, std::ios::openmode how) {
    if (path.empty()) return;
    std::ofstream out(path, how);
    out << text;
    if (!out) std::fprintf(stderr, "%s cannot be written\n", path.c_str());
  };
  write(junit, junit_xml(verdict), std::ios::trunc);
  write(summary, summary_markdown(verdict), std::ios::app);
}

}  // namespace multiaz::chaos
