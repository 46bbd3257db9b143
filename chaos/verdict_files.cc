#include "chaos/verdict_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "base/core/paths.h"

namespace multiaz::chaos {

namespace {

Error cannot(const std::string& path, const std::string& why) {
  return Error(Code::kInvalid, path + " cannot be written: " + why);
}

std::string why_not() {
  return std::generic_category().message(errno);
}

}  // namespace

Status check_output_file(const std::string& path) {
  if (path.empty()) return Status();
  const bool there = path_exists(path);
  if (is_folder(path)) return cannot(path, "it is a folder");
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return cannot(path, why_not());
  ::close(file);
  if (!there) ::unlink(path.c_str());
  return Status();
}

Status check_output_folder(const std::string& path) {
  if (path.empty()) return Status();
  // The folders that do not exist yet, innermost first.
  std::vector<std::filesystem::path> missing;
  std::error_code failed;
  for (std::filesystem::path at = path; !at.empty() && !path_exists(at);) {
    missing.push_back(at);
    const std::filesystem::path parent = at.parent_path();
    if (parent == at) break;
    at = parent;
  }
  std::filesystem::create_directories(path, failed);
  if (failed) return cannot("--out: " + path, failed.message());
  std::string trial = path + "/.trial-XXXXXX";
  const int file = ::mkstemp(trial.data());
  const Status written = file < 0 ? Status(cannot("--out: " + path, why_not())) : Status();
  if (file >= 0) {
    ::close(file);
    ::unlink(trial.c_str());
  }
  for (const std::filesystem::path& one : missing) std::filesystem::remove(one, failed);
  return written;
}

Status check_output_files(std::initializer_list<OutputFile> files) {
  for (const OutputFile& one : files) {
    if (const Status fine = check_output_file(one.path); !fine) {
      return Error(Code::kInvalid, std::string(one.option) + ": " + fine.error().detail);
    }
  }
  return Status();
}

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
