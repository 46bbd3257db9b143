// Routes of the load balancers' document.
#include <nlohmann/json.hpp>
#include <utility>

#include "base/core/jsonio.h"
#include "base/elb/read_document.h"
#include "orchestrator/api/api.h"
#include "orchestrator/plan/balancer.h"

namespace multiaz::orchestrator {

namespace {

// Durable before it is visible: the nodes get the document with the topology of this step. When it
// cannot be stored, the old one stays.
Status take_over(ControlPlane& plane, const elb::Document& document) {
  Plan& plan = plane.context.state.plan;
  const Plan before = plan;
  replace_balancer(document, plan);
  Status saved = plane.context.save_plan();
  if (!saved) {
    plan = before;
    return saved;
  }
  plane.context.topology_changed();
  return saved;
}

std::string summary_of(const elb::Document& document) {
  return "the load balancers have a new document: target groups " +
         std::to_string(document.groups.size()) + ", listeners " +
         std::to_string(document.listeners.size()) + ", rules " +
         std::to_string(document.rules.size());
}

}  // namespace

rt::Task<http::Response> get_lb(Api& api, http::Request) {
  const std::string& text = api.cluster.plan().balancer;
  co_return http::json_response(200, (text.empty() ? "{}" : text) + "\n");
}

rt::Task<http::Response> post_lb(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto* document = jsonio::find(*body, "document");
  if (!document || !document->is_object()) {
    co_return api_error(Error(Code::kInvalid, "\"document\" is an object"));
  }
  const auto read = read_balancer_order(api.cluster.plan(), jsonio::dump(*document));
  if (!read) co_return api_error(read.error());
  const Status taken =
      api.cluster.order([&](ControlPlane& plane) { return take_over(plane, *read); });
  if (!taken) co_return api_error(taken.error());
  api.cluster.event("api", "lb-document", "lb", summary_of(*read));
  co_return http::json_response(200, "{\"ok\":true}\n");
}

}  // namespace multiaz::orchestrator
