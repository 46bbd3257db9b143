// Node: one load balancer node with its clients, targets and counters.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/http/acceptor.h"
#include "base/rt/conn.h"
#include "base/tls/context.h"
#include "base/wire/control_types.h"
#include "lb/access_log.h"
#include "lb/backends.h"
#include "lb/config.h"
#include "lb/cookie_box.h"
#include "lb/groups.h"

namespace multiaz::lb {

struct Counters {
  uint64_t requests = 0;
  uint64_t target_by_class[6] = {};  // answers of targets by status class; [2] counts 2xx
  uint64_t elb_4xx = 0, elb_5xx = 0, elb_502 = 0, elb_503 = 0, elb_504 = 0;
  uint64_t clients_left = 0;          // status 460
  uint64_t desync_non_compliant = 0;  // DesyncMitigationMode_NonCompliant_Request_Count
  uint64_t redirects = 0, fixed_responses = 0;
  uint64_t retries = 0;  // requests that went to another target or were sent again
  uint64_t target_connect_errors = 0;
  uint64_t non_sticky = 0;  // requests whose target was chosen by the algorithm
  uint64_t received_bytes = 0, sent_bytes = 0;
};

class Node {
 public:
  Node(LbConfig config, std::unique_ptr<AccessLog> access_log, Backends::OnEvent on_event);

  void listen(std::unique_ptr<rt::Listener> listener) { acceptor_.listen(std::move(listener)); }
  void listen_tls(std::unique_ptr<rt::Listener> listener,
                  std::shared_ptr<const tls::Context> context);
  // Takes the targets of a topology: instances of the tier web that are ready or draining.
  void take_topology(const wire::TopologyUpdate& topology);
  void set_targets(std::vector<TargetSpec> specs) { groups_.set_instances(std::move(specs)); }
  // Takes another document over. Requests in flight keep the document that they began with.
  // Listeners of other ports than the node's own are opened and closed by it.
  void take_document(elb::Document document);
  void drain() { acceptor_.drain(config_.drain); }
  // Returns when drain() was called and no client is left.
  rt::Task<void> join();

  [[nodiscard]] wire::StatusReport status() const;

  // For sessions and exchanges.
  const LbConfig& config() const { return config_; }
  std::shared_ptr<const elb::Document> document() const { return document_; }
  const Groups& groups() const { return groups_; }
  Backends& backends() const;  // of the group "web"
  CookieBox& cookies() { return cookies_; }
  Counters& counters() { return counters_; }
  AccessLog* access_log() { return access_log_.get(); }

 private:
  // The document as the orchestrator sends it. One that is refused changes nothing.
  void take_document_text(const std::string& text);
  void follow_listeners(const std::vector<elb::Listener>& listeners);
  void open_listener(uint16_t port);

  LbConfig config_;
  Backends::OnEvent on_event_;
  std::unique_ptr<AccessLog> access_log_;
  std::shared_ptr<const elb::Document> document_;
  Groups groups_;
  CookieBox cookies_;
  Counters counters_;
  std::map<uint16_t, std::vector<rt::Address>> opened_;  // by the port of a listener
  std::string document_text_;                            // of the topology; "" before the first
  uint64_t topology_version_ = 0;
  http::Acceptor acceptor_;
};

}  // namespace multiaz::lb
