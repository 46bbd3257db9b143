// webnode: one web instance of MyClothes.com. See README.md.
//
//   webnode --id web-a1 --zone az-a --address 127.20.1.21 --control 127.20.0.2:7071  (in a cluster)
//   CACHE_URL=redis://... DATABASE_URL=postgresql://... PORT=8080 webnode            (anywhere)

#include <malloc.h>

#include <csignal>
#include <cstdlib>

#include "base/agent/options.h"
#include "base/rt/loop.h"
#include "webnode/node.h"
#include "webnode/settings.h"

namespace multiaz::webnode {
namespace {

constexpr uint16_t kPort = 8080;
constexpr int kMallocTrimBytes = 64 << 10;

// An instance is one thread and a helper for passwords, so it needs one heap only, and gives memory
// back after a burst.
void keep_memory_small() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, kMallocTrimBytes);
  mallopt(M_MMAP_THRESHOLD, kMallocTrimBytes);
  setenv("UV_THREADPOOL_SIZE", "1", 0);
}

rt::Task<int> serve(agent::DaemonOptions options, ShopConfig config) {
  Node node(std::move(options), std::move(config));
  const int code = co_await node.run();
  co_return code;
}

int main_with(int argc, char** argv) {
  keep_memory_small();
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> args = with_environment(argc, argv);
  std::vector<char*> raw;
  for (std::string& arg : args) raw.push_back(arg.data());
  raw.push_back(nullptr);
  Flags flags;
  const agent::ParsedOptions parsed = agent::parse_options(
      static_cast<int>(args.size()), raw.data(), "web", kPort, flags.extra_options());
  if (parsed.exit_code) return *parsed.exit_code;
  const Result<ShopConfig> config = shop_config(parsed.options, flags);
  if (!config) return agent::bad_start(parsed.options, config.error());
  return rt::run(serve(parsed.options, *config));
}

}  // namespace
}  // namespace multiaz::webnode

int main(int argc, char** argv) {
  return multiaz::webnode::main_with(argc, argv);
}
