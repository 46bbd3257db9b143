#include "supervisor/options.h"

#include <charconv>

namespace multiaz::supervisor {

const char* const kUsage =
    "usage: supervisor --dir DIR --name NAME [--listen ENDPOINT=ADDRESS:PORT]... "
    "[--die-with PID] -- ORCHESTRATOR ARGUMENTS...\n"
    "Starts, signals and reaps every process of a cluster; when it ends, they end.\n";

namespace {

Error bad(std::string text) {
  return Error(Code::kInvalid, std::move(text));
}

Status take_listen(const std::string& value, Options& options) {
  const size_t equals = value.find('=');
  if (equals == 0 || equals == std::string::npos) {
    return bad("--listen: '" + value + "' is not ENDPOINT=ADDRESS:PORT");
  }
  const auto address = rt::parse_address(value.substr(equals + 1));
  if (!address) return bad("--listen: " + address.error().detail);
  if (address->port == 0) return bad("--listen: '" + value + "' has no port");
  options.listen.emplace_back(value.substr(0, equals), *address);
  return Status();
}

Status take_pid(const std::string& value, Options& options) {
  const char* end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, options.die_with);
  if (parsed.ec != std::errc() || parsed.ptr != end || options.die_with <= 1) {
    return bad("--die-with: '" + value + "' is not a process id");
  }
  return Status();
}

Status take(const std::string& flag, const std::string& value, Options& options) {
  if (flag == "--dir")
    options.dir = value;
  else if (flag == "--name")
    options.name = value;
  else if (flag == "--listen")
    return take_listen(value, options);
  else if (flag == "--die-with")
    return take_pid(value, options);
  else
    return bad("unknown option '" + flag + "'");
  return Status();
}

}  // namespace

Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  size_t at = 0;
  for (; at < arguments.size() && arguments[at] != "--"; at += 2) {
    if (at + 1 == arguments.size()) return bad("'" + arguments[at] + "' needs a value");
    const Status taken = take(arguments[at], arguments[at + 1], options);
    if (!taken) return taken.error();
  }
  if (at < arguments.size()) {
    options.orchestrator.assign(arguments.begin() + static_cast<long>(at) + 1, arguments.end());
  }
  if (options.dir.empty()) return bad("--dir is missing");
  if (options.name.empty()) return bad("--name is missing");
  if (options.orchestrator.empty()) return bad("the orchestrator's command is missing after '--'");
  return options;
}

}  // namespace multiaz::supervisor
