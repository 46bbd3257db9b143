// The HTTP + JSON API (README.md lists it). Every process on this machine may read; a request that
// changes something needs `Authorization: Bearer TOKEN` (RUN_DIR/token).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/core/result.h"
#include "base/http/message.h"
#include "orchestrator/route53/dns_records.h"
#include "orchestrator/sg/security.h"
#include "orchestrator/shell/orders.h"
#include "orchestrator/shell/snapshots.h"

namespace multiaz::orchestrator {

struct Api {
  Cluster& cluster;
  DnsRecords& dns;
  Security& security;
  Snapshots& snapshots;
  rt::Nursery& nursery;
};

// Finds the route in the table of api.cc and runs it.
rt::Task<http::Response> handle_api(Api& api, http::Request request);

// --- shared by the routes
// {"error":{"code":"not_found","message":".."}} with the status for the code.
http::Response api_error(const Error& error);
http::Response api_json(const nlohmann::ordered_json& value);
http::Response api_hits(const Result<Hits>& hits);
nlohmann::ordered_json hits_json(const Hits& hits);
// The body as a JSON object without repeated keys; an empty body is {}. kInvalid otherwise.
Result<nlohmann::json> body_of(const http::Request& request);
// A text (of at most kTextBytesMax) or number of the body. kInvalid names the key; when the key is
// absent, the fallback is returned.
constexpr size_t kTextBytesMax = 1024;
Result<std::string> text_of(const nlohmann::json& body, const char* key, const char* fallback);
Result<uint64_t> number_of(const nlohmann::json& body, const char* key, uint64_t fallback,
                           uint64_t high);

// The array that GET /v1/instances answers with.
std::string instances_json(const Cluster& cluster);

// --- api_metrics.cc
rt::Task<http::Response> get_metrics(Api& api, http::Request request);
rt::Task<http::Response> get_stream(Api& api, http::Request request);
// --- api_doc.cc
rt::Task<http::Response> get_openapi(Api& api, http::Request request);
// --- api_read.cc
rt::Task<http::Response> get_instances(Api& api, http::Request request);
rt::Task<http::Response> get_instance(Api& api, http::Request request);
rt::Task<http::Response> get_endpoints(Api& api, http::Request request);
rt::Task<http::Response> get_events(Api& api, http::Request request);
rt::Task<http::Response> get_plan(Api& api, http::Request request);
rt::Task<http::Response> get_health(Api& api, http::Request request);
rt::Task<http::Response> get_groups(Api& api, http::Request request);
rt::Task<http::Response> get_cluster(Api& api, http::Request request);
rt::Task<http::Response> get_faults(Api& api, http::Request request);
rt::Task<http::Response> get_resolve(Api& api, http::Request request);
// --- api_asg.cc
rt::Task<http::Response> get_asg(Api& api, http::Request request);
rt::Task<http::Response> post_asg(Api& api, http::Request request);
rt::Task<http::Response> post_asg_policy(Api& api, http::Request request);
rt::Task<http::Response> post_asg_schedule(Api& api, http::Request request);
rt::Task<http::Response> post_asg_hook(Api& api, http::Request request);
rt::Task<http::Response> post_asg_lifecycle(Api& api, http::Request request);
rt::Task<http::Response> post_asg_process(Api& api, http::Request request);
rt::Task<http::Response> post_asg_instance(Api& api, http::Request request);
rt::Task<http::Response> post_deploy(Api& api, http::Request request);
rt::Task<http::Response> post_refresh(Api& api, http::Request request);
// --- api_dns.cc
rt::Task<http::Response> get_dns(Api& api, http::Request request);
rt::Task<http::Response> post_dns(Api& api, http::Request request);
// --- api_sg.cc
rt::Task<http::Response> get_sg(Api& api, http::Request request);
rt::Task<http::Response> get_sg_check(Api& api, http::Request request);
rt::Task<http::Response> post_sg(Api& api, http::Request request);
// --- api_lb.cc
rt::Task<http::Response> get_lb(Api& api, http::Request request);
rt::Task<http::Response> post_lb(Api& api, http::Request request);
// --- api_process.cc
rt::Task<http::Response> post_kill(Api& api, http::Request request);
rt::Task<http::Response> post_stop(Api& api, http::Request request);
rt::Task<http::Response> post_cont(Api& api, http::Request request);
rt::Task<http::Response> post_restart(Api& api, http::Request request);
rt::Task<http::Response> post_down(Api& api, http::Request request);
// --- api_zone.cc
rt::Task<http::Response> post_zone(Api& api, http::Request request);
// --- api_fault.cc
// The ends are targets, or "control" for the control plane. kInvalid, kLimit.
Result<Fault> place_fault(Cluster& cluster, Fault order, uint64_t for_ms);
rt::Task<http::Response> post_fault(Api& api, http::Request request);
rt::Task<http::Response> post_heal(Api& api, http::Request request);
rt::Task<http::Response> post_failover(Api& api, http::Request request);
// --- api_replica.cc
rt::Task<http::Response> post_replica(Api& api, http::Request request);
rt::Task<http::Response> post_modify(Api& api, http::Request request);
rt::Task<http::Response> get_databases(Api& api, http::Request request);
// --- api_snapshot.cc
rt::Task<http::Response> get_snapshots(Api& api, http::Request request);
rt::Task<http::Response> post_snapshot(Api& api, http::Request request);

}  // namespace multiaz::orchestrator
