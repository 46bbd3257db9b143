// Verbs that are programs of their own, in the folder of this one.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

// Replaces this process by another program; returns only when that fails.
int become(const std::vector<std::string>& arguments) {
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& one : copies) argv.push_back(one.data());
  argv.push_back(nullptr);
  std::fflush(nullptr);
  execv(argv[0], argv.data());
  return complain(Error(Code::kIo, arguments[0] + ": " + strerror(errno)));
}

}  // namespace

int complain(const Error& error) {
  std::fprintf(stderr, "multiaz: %s\n", error.detail.c_str());
  switch (error.code) {
    case Code::kInvalid:
    case Code::kNotFound:
    case Code::kDenied:
    case Code::kIo: return kExitBadInput;
    default: return kExitUnhealthy;
  }
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string bin_folder() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  const std::string self(path, size > 0 ? static_cast<size_t>(size) : 0);
  return self.substr(0, self.rfind('/'));
}

rt::Task<int> verb_sibling(Options options) {
  std::vector<std::string> arguments;
  if (options.verb == "sim")
    arguments.push_back(bin_folder() + "/replication_simulator");
  else
    arguments.push_back(bin_folder() + "/chaos");
  if (options.verb == "demo" || options.verb == "tour") arguments.push_back(options.verb);
  arguments.insert(arguments.end(), options.rest.begin(), options.rest.end());
  co_return become(arguments);
}

rt::Task<int> verb_plan(Options options) {
  std::vector<std::string> arguments = {bin_folder() + "/orchestrator", "--print-plan"};
  if (!options.file.empty()) arguments.push_back(options.file);
  if (options.json) arguments.push_back("--json");
  if (options.mermaid) arguments.push_back("--mermaid");
  co_return become(arguments);
}

}  // namespace multiaz::cli
