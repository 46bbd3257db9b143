#include "lb/node.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/elb/read_document.h"
#include "base/rt/address.h"
#include "base/tls/stream.h"
#include "lb/client_session.h"
#include "lb/error_page.h"

namespace multiaz::lb {

Node::Node(LbConfig config, std::unique_ptr<AccessLog> access_log, Backends::OnEvent on_event)
    : config_(std::move(config)),
      on_event_(on_event),
      access_log_(std::move(access_log)),
      groups_(config_, on_event),
      cookies_(config_.key_hex),
      acceptor_(clients_max(), error_answer(503, false, false, Executed::kNever),
                [this](http::AcceptedConn& accepted) { return serve_client(*this, accepted); }) {
  elb::Document document = elb::default_document(config_.web);
  document.attributes = config_.attributes;  // those of the flags
  take_document(std::move(document));
}

void Node::take_document(elb::Document document) {
  CHECK_NOTE(document.group(elb::kWebGroup), "a document always has the group web");
  config_.attributes = document.attributes;
  groups_.configure(document.groups);
  follow_listeners(document.listeners);
  document_ = std::make_shared<const elb::Document>(std::move(document));
}

void Node::follow_listeners(const std::vector<elb::Listener>& listeners) {
  std::set<uint16_t> wanted;
  for (const elb::Listener& one : listeners) {
    if (one.port != 0) wanted.insert(one.port);
  }
  for (const uint16_t port : wanted) {
    if (!opened_.contains(port)) open_listener(port);
  }
  for (auto at = opened_.begin(); at != opened_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
      continue;
    }
    for (const rt::Address& address : at->second) acceptor_.stop_listening(address);
    at = opened_.erase(at);
  }
}

// The node's own address, and the endpoint that the supervisor opened when the plan has one.
void Node::open_listener(uint16_t port) {
  std::vector<rt::Address>& addresses = opened_[port];
  auto own = rt::Listener::bind(rt::make_address(config_.self.ip, port));
  if (!own) {
    on_event_("listener_failed", "no listener: " + own.error().detail, "");
  } else {
    addresses.push_back((*own)->address());
    acceptor_.listen(std::move(*own));
  }
  const int fd = rt::inherited_listener("shop_" + std::to_string(port));
  auto endpoint = fd < 0 ? Result<std::unique_ptr<rt::Listener>>(Error(Code::kNotFound, ""))
                         : rt::Listener::adopt(fd);
  if (!endpoint) return;
  addresses.push_back((*endpoint)->address());
  acceptor_.listen(std::move(*endpoint));
}

void Node::take_document_text(const std::string& text) {
  if (text == document_text_) return;
  document_text_ = text;
  elb::Defaults defaults;
  defaults.web = config_.web;
  elb::Reading reading = elb::read_document(text, defaults);
  if (!reading.mistakes.empty()) {
    on_event_("document_refused", "the document is not taken: " + text_of(reading.mistakes), "");
    return;
  }
  take_document(std::move(reading.document));
}

Backends& Node::backends() const {
  return *groups_.find(std::string(elb::kWebGroup));
}

void Node::listen_tls(std::unique_ptr<rt::Listener> listener,
                      std::shared_ptr<const tls::Context> context) {
  const uint64_t deadline_ms = std::min(kTlsHandshakeMs, config_.attributes.idle_timeout_ms);
  acceptor_.listen(std::move(listener),
                   [context = std::move(context), deadline_ms](rt::Conn& conn) {
                     return tls::start(conn, context, deadline_ms);
                   });
}

void Node::take_topology(const wire::TopologyUpdate& topology) {
  topology_version_ = topology.version;
  const auto described = topology.settings.find("lb");
  if (described != topology.settings.end()) take_document_text(described->second);
  const auto shifted_zones = topology.settings.find("zones_shifted");
  const std::string shifted =
      shifted_zones == topology.settings.end() ? "" : "," + shifted_zones->second + ",";
  std::vector<TargetSpec> specs;
  for (const wire::InstanceInfo& instance : topology.instances) {
    if (instance.tier != "web") continue;
    if (instance.state != "ready" && instance.state != "draining") continue;
    const auto address = rt::parse_address(instance.address, instance.port);
    if (!address) continue;
    TargetSpec spec;
    spec.id = instance.id;
    spec.zone = instance.zone;
    spec.ip = address->ip;
    spec.port = instance.port;
    spec.draining = instance.state == "draining";
    spec.shifted = shifted.find("," + instance.zone + ",") != std::string::npos;
    specs.push_back(std::move(spec));
  }
  groups_.set_instances(std::move(specs));
}

rt::Task<void> Node::join() {
  co_await acceptor_.join();
  co_await groups_.stop();
}

wire::StatusReport Node::status() const {
  wire::StatusReport report;
  report.state = acceptor_.draining() ? "draining" : "ready";
  report.health = "healthy";
  report.serving = !acceptor_.draining();
  report.topology_version = topology_version_;
  auto& out = report.counters;
  out["requests"] = counters_.requests;
  for (int i = 1; i < 6; ++i) {
    out["target_" + std::to_string(i) + "xx"] = counters_.target_by_class[i];
  }
  out["elb_4xx"] = counters_.elb_4xx;
  out["elb_5xx"] = counters_.elb_5xx;
  out["elb_502"] = counters_.elb_502;
  out["elb_503"] = counters_.elb_503;
  out["elb_504"] = counters_.elb_504;
  out["clients_left"] = counters_.clients_left;
  out["desync_non_compliant"] = counters_.desync_non_compliant;
  out["redirects"] = counters_.redirects;
  out["fixed_responses"] = counters_.fixed_responses;
  out["retries"] = counters_.retries;
  out["target_connect_errors"] = counters_.target_connect_errors;
  out["non_sticky"] = counters_.non_sticky;
  out["received_bytes"] = counters_.received_bytes;
  out["sent_bytes"] = counters_.sent_bytes;
  out["active_connections"] = acceptor_.connections();
  out["rejected_connections"] = acceptor_.refused();
  out["tls_negotiation_errors"] = acceptor_.not_opened();
  const TargetGroup& web = backends().group();
  out["targets"] = web.targets().size();
  out["healthy_targets"] = web.healthy_count();
  for (const auto& [id, target] : web.targets()) {
    wire::TargetStatus one;
    one.id = id;
    one.health = std::string(to_string(target.state.health()));
    one.reason = target.reason;
    one.requests = target.answers;
    one.errors_5xx = target.errors_5xx;
    report.targets.push_back(std::move(one));
  }
  return report;
}

}  // namespace multiaz::lb
