// enginenode: a member of the cache or database tier on a foreign server. See README.md.
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/rt/loop.h"
#include "enginenode/node.h"
#include "replication/member.h"

namespace {

using namespace multiaz;

struct Texts {
  std::string engine = "redis", memory_mb = "256", durability = "disk", probe = "no";
};

Result<std::string> password_of(const std::string& engine) {
  const char* name = engine == "redis" ? "MULTIAZ_CACHE_PASSWORD" : "MULTIAZ_DB_PASSWORD";
  const char* value = std::getenv(name);
  const std::string password = value != nullptr ? value : "";
  // The password is written into configuration files and SQL.
  if (password.empty() || password.find_first_of("'\"\\\n ") != password.npos)
    return Error(Code::kInvalid, std::string(name) + " must be set, without quotes and blanks");
  return password;
}

Status find_engine(const std::string& engine) {
  if (engine == "redis") return enginenode::redis_is_here();
  if (engine == "postgres") return enginenode::postgres_is_here();
  return Error(Code::kInvalid, "--engine: " + engine + " is none of redis, postgres");
}

Status interpret(const Texts& texts, enginenode::NodeOptions& options) {
  options.engine = texts.engine;
  const Status here = find_engine(texts.engine);
  if (!here) return here;
  if (!options.daemon.control || options.daemon.data.empty())
    return Error(Code::kInvalid,
                 "--control and --data are needed; without a cluster, start the server itself");
  const auto timings = replication::timings_for(options.daemon.profile);
  if (!timings) return timings.error();
  options.timings = *timings;
  const auto password = password_of(texts.engine);
  if (!password) return password.error();
  enginenode::EngineConfig& config = options.config;
  const std::string& memory = texts.memory_mb;
  const auto read = std::from_chars(memory.data(), memory.data() + memory.size(), config.memory_mb);
  if (read.ec != std::errc() || read.ptr != memory.data() + memory.size())
    return Error(Code::kInvalid, "--maxmemory-mb: " + memory + " is not a whole number");
  config.id = options.daemon.id;
  config.address = options.daemon.self.ip_text();
  config.port = options.daemon.self.port;
  config.password = *password;
  config.key_hex = options.daemon.key_hex;
  config.sync_to_disk = texts.durability == "disk";
  return Status();
}

rt::Task<int> serve(enginenode::NodeOptions options) {
  const agent::DaemonOptions daemon = options.daemon;
  enginenode::Node node(std::move(options));
  const Status opened = node.open();
  if (!opened) co_return agent::bad_start(daemon, opened.error());
  const int code = co_await node.run();
  co_return code;
}

}  // namespace

int main(int argc, char** argv) {
  Texts texts;
  std::vector<agent::ExtraOption> extra = {
      {"engine", "redis (tier cache) or postgres (tier db)", &texts.engine},
      {"maxmemory-mb", "memory for a cache's data, in MiB; 0 = no bound", &texts.memory_mb},
      {"probe", "yes: only say whether the engine is installed", &texts.probe},
      {"durability", "of a database: disk, or os (no fsync)", &texts.durability},
  };
  bool database = false;
  for (int i = 1; i < argc; ++i) database = database || std::strcmp(argv[i], "postgres") == 0;
  agent::ParsedOptions parsed = agent::parse_options(argc, argv, database ? "db" : "cache",
                                                     database ? 5432 : 6379, std::move(extra));
  if (parsed.exit_code) return *parsed.exit_code;
  enginenode::NodeOptions options;
  options.daemon = parsed.options;
  if (texts.probe == "yes") {
    const Status here = find_engine(texts.engine);
    return here ? 0 : agent::bad_start(parsed.options, here.error());
  }
  const Status good = interpret(texts, options);
  if (!good) return agent::bad_start(parsed.options, good.error());
  // The names of sockets must be short, so all paths are relative to this folder.
  if (chdir(options.daemon.data.c_str()) != 0) {
    return agent::bad_start(parsed.options,
                            Error(Code::kIo, options.daemon.data + ": " + std::strerror(errno)));
  }
  return rt::run(serve(std::move(options)));
}
