// dns: the authoritative name server of multiaz.test. See README.md.
#include "base/agent/options.h"
#include "base/rt/loop.h"
#include "dns/node.h"

namespace multiaz::dns {
namespace {

constexpr uint16_t kPort = 5353;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  size_t start = 0;
  while (start <= text.size() && !text.empty()) {
    const size_t comma = text.find(',', start);
    out.push_back(text.substr(start, comma - start));
    if (comma == std::string::npos) break;
    start = comma + 1;
  }
  return out;
}

Result<NodeOptions> interpret(const std::string& name, const std::string& zones,
                              const std::string& endpoints) {
  NodeOptions out;
  out.name = name;
  out.zones = split(zones);
  for (const std::string& one : split(endpoints)) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos || !rt::parse_address(one.substr(equals + 1))) {
      return Error(Code::kInvalid, "--endpoints: '" + one + "' is not like cache=127.20.0.6");
    }
    out.endpoints[one.substr(0, equals)] = one.substr(equals + 1);
  }
  return out;
}

rt::Task<int> serve(agent::DaemonOptions options, NodeOptions extra) {
  Node node(std::move(options), std::move(extra));
  const int code = co_await node.run();
  co_return code;
}

int main_with(int argc, char** argv) {
  std::string name = "multiaz", zones = "az-a,az-b,az-c", endpoints;
  const auto parsed = agent::parse_options(
      argc, argv, "dns", kPort,
      {{"cluster-name", "name of the cluster", &name},
       {"zones", "availability zones in order: az-a,az-b", &zones},
       {"endpoints", "addresses that survive failovers: cache=127.20.0.6,...", &endpoints}});
  if (parsed.exit_code) return *parsed.exit_code;
  auto extra = interpret(name, zones, endpoints);
  if (!extra) return agent::bad_start(parsed.options, extra.error());
  return rt::run(serve(parsed.options, std::move(*extra)));
}

}  // namespace
}  // namespace multiaz::dns

int main(int argc, char** argv) {
  return multiaz::dns::main_with(argc, argv);
}
