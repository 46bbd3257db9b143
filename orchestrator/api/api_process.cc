// Routes that start and end processes.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kLastWordsMs = 30;  // the answer leaves before this process is signalled

rt::Task<void> signal_ourselves(Cluster& cluster, int signum) {
  co_await rt::sleep_ms(kLastWordsMs);
  cluster.hardware().signal("orchestrator", 0, signum);
}

// The orchestrator cannot prove its own kill, so `verified` is false; the proof must come from
// outside.
Result<Hits> order_ourselves(Api& api, int signum, const std::string& verb) {
  Hit hit;
  hit.id = "orchestrator";
  hit.pid = getpid();
  hit.t_ns = monotonic_now();
  api.cluster.event("api", verb, hit.id, verb + ": pid " + std::to_string(hit.pid));
  api.nursery.spawn("signal to ourselves", signal_ourselves(api.cluster, signum));
  return Hits{hit};
}

using Order = rt::Task<Result<Hits>> (*)(Cluster&, std::string);

rt::Task<http::Response> run_order(Api& api, http::Request request, Order order, int own_signal,
                                   std::string verb) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto target = text_of(*body, "target", nullptr);
  if (!target) co_return api_error(target.error());
  if (*target == "orchestrator") co_return api_hits(order_ourselves(api, own_signal, verb));
  const auto hits = co_await order(api.cluster, *target);
  co_return api_hits(hits);
}

}  // namespace

rt::Task<http::Response> post_kill(Api& api, http::Request request) {
  return run_order(api, std::move(request), order_kill, SIGKILL, "kill");
}
rt::Task<http::Response> post_stop(Api& api, http::Request request) {
  return run_order(api, std::move(request), order_stop, SIGSTOP, "stop");
}
rt::Task<http::Response> post_cont(Api& api, http::Request request) {
  return run_order(api, std::move(request), order_cont, SIGCONT, "cont");
}
rt::Task<http::Response> post_restart(Api& api, http::Request request) {
  return run_order(api, std::move(request), order_restart, SIGTERM, "restart");
}

rt::Task<http::Response> post_down(Api& api, http::Request) {
  api.cluster.event("api", "down", api.cluster.plan().name, "the cluster ends");
  api.cluster.events().flush();
  const Status done = co_await Hardware::finish(api.cluster.hardware().shut_down());
  if (!done) co_return api_error(done.error());
  co_return http::json_response(200, "{\"ok\":true}\n");
}

}  // namespace multiaz::orchestrator
