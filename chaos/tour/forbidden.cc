#include "base/rt/conn.h"
#include "chaos/tour/tour.h"

namespace multiaz::chaos {

namespace {

constexpr const char* kInternet = "127.9.9.9";  // an address that no instance has
constexpr uint64_t kTryMs = 1000;
constexpr uint64_t kSilentMs = 150;  // a refused connection is reset at once; an open one is silent
constexpr uint16_t kReplicationPort = 7946;

struct Wanted {
  const char *from, *to;
  uint16_t port;  // 0 = the port of the instance's own tier
};
constexpr Wanted kPaths[] = {
    {"internet", "lb", 0},    {"internet", "web", 0},
    {"internet", "cache", 0}, {"internet", "db", 0},
    {"lb", "cache", 0},       {"lb", "db", 0},
    {"lb", "web", 0},         {"web", "web", 0},
    {"web", "db", 0},         {"web", "db", kReplicationPort},
    {"cache", "db", 0},       {"web", "cache", kReplicationPort},
    {"db", "cache", 0},       {"internet", "db", kReplicationPort},
};

// An instance of the tier, the first or the last, so that a path within a tier goes from one
// instance to another.
const Instance* one_of(const std::vector<Instance>& all, std::string_view tier, bool last) {
  const Instance* found = nullptr;
  for (const Instance& one : all) {
    if (one.tier == tier && (found == nullptr || last)) found = &one;
  }
  return found;
}

rt::Task<bool> opens(std::string from, rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  const auto source = rt::parse_address(from);
  if (source) options.from = *source;
  options.timeout_ms = kTryMs;
  auto conn = co_await rt::connect_tcp(options);
  if (!conn) co_return false;
  (*conn)->deadline_in_ms(kSilentMs);
  const Status heard = co_await (*conn)->more();
  co_return heard.ok() || heard.error().code == Code::kTimeout;
}

}  // namespace

rt::Task<std::vector<TriedPath>> try_paths(Cluster& cluster) {
  std::vector<TriedPath> out;
  const auto instances = co_await cluster.instances();
  if (!instances) co_return out;
  for (const Wanted& path : kPaths) {
    const Instance* source = one_of(*instances, path.from, false);
    const Instance* target = one_of(*instances, path.to, true);
    const auto to = rt::parse_address(target ? target->address : "");
    if (!to || (source == nullptr && path.from != std::string_view("internet"))) continue;
    const uint16_t port = path.port ? path.port : target->port;
    const auto from = rt::parse_address(source ? source->address : kInternet);
    if (!from) continue;
    TriedPath tried;
    tried.from = source ? source->id : path.from;
    tried.to = target->id + ":" + std::to_string(port);
    const auto verdict = co_await cluster.control().may_connect(from->ip_text(), target->id, port);
    if (!verdict) continue;
    tried.may = verdict->allowed;
    tried.because = verdict->because;
    tried.open = co_await opens(from->ip_text(), rt::make_address(to->ip, port));
    out.push_back(std::move(tried));
  }
  co_return out;
}

}  // namespace multiaz::chaos
