// Routes that start and end processes.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "orchestrator/api.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kLastWordsMs = 30;  // for the answer to leave before we are signalled

rt::Task<void> signal_ourselves(Cluster& cluster, int signum) {
  co_await rt::sleep_ms(kLastWordsMs);
  cluster.hardware().signal("orchestrator", 0, signum);
}

// A kill of the orchestrator cannot be proven by itself: `verified` is false, look from outside.
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

// {"action":"down"}, or as before {"down":true}.
Result<std::string> zone_action(const nlohmann::json& body) {
  const auto down = body.find("down");
  if (down != body.end()) {
    if (!down->is_boolean()) return Error(Code::kInvalid, "\"down\" is true or false");
    return std::string(down->get<bool>() ? "down" : "up");
  }
  const auto action = text_of(body, "action", nullptr);
  if (!action) return action;
  for (const char* known : {"down", "up", "shift", "unshift"}) {
    if (*action == known) return action;
  }
  return Error(Code::kInvalid,
               "\"action\" is one of down, up, shift, unshift, not '" + *action + "'");
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

rt::Task<http::Response> post_zone(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto zone = text_of(*body, "zone", nullptr);
  if (!zone) co_return api_error(zone.error());
  const auto for_ms = number_of(*body, "for_ms", 0);
  if (!for_ms) co_return api_error(for_ms.error());
  const auto action = zone_action(*body);
  if (!action) co_return api_error(action.error());
  const auto& zones = api.cluster.plan().zones;
  if (std::find(zones.begin(), zones.end(), *zone) == zones.end()) {
    std::string all;
    for (const std::string& one : zones) all += " " + one;
    co_return api_error(Error(Code::kInvalid, "unknown zone '" + *zone + "'; the zones are" + all));
  }
  if (*action == "down") {
    const auto hits = co_await order_zone_down(api.cluster, *zone, *for_ms);
    co_return api_hits(hits);
  }
  if (*action == "up") api.cluster.release_zone(*zone, "ordered");
  if (*action == "shift") api.cluster.shift_zone(*zone, *for_ms, "ordered");
  if (*action == "unshift") api.cluster.unshift_zone(*zone, "CANCELED");
  const Result<Hits> nobody = Hits();
  co_return api_hits(nobody);
}

rt::Task<http::Response> post_down(Api& api, http::Request) {
  api.cluster.event("api", "down", api.cluster.plan().name, "the cluster ends");
  api.cluster.events().flush();
  const Status done = co_await Hardware::finish(api.cluster.hardware().shut_down());
  if (!done) co_return api_error(done.error());
  co_return http::json_response(200, "{\"ok\":true}\n");
}

}  // namespace multiaz::orchestrator
