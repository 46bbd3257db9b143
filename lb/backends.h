// Backends: one target group of the document, the shell around a TargetGroup. It runs the health
// checks, keeps the connections to targets, and cuts a request short when its target is gone, when
// the deregistration delay is over, or when its client has left.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/elb/document.h"
#include "base/http/pool.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "lb/balance/target_group.h"
#include "lb/config.h"

namespace multiaz::lb {

class Backends;

// A connection to a target that serves one request. It is closed at the end unless given back.
class Upstream {
 public:
  Upstream(Backends& backends, std::string target, rt::Address address, rt::Conn& client,
           std::unique_ptr<rt::Conn> conn);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  rt::Conn& conn() { return *conn_; }
  [[nodiscard]] const std::string& target() const { return target_; }
  [[nodiscard]] rt::Address address() const { return address_; }
  [[nodiscard]] bool client_left() const { return client_left_; }
  // From now on the client may end its side without having left.
  void become_tunnel() { tunnel_ = true; }
  // To be called when the exchange is complete: the next request may use the connection. conn() is
  // invalid after that.
  void give_back();

 private:
  friend class Backends;
  Backends& backends_;
  std::string target_;
  rt::Address address_;
  rt::Conn& client_;
  std::unique_ptr<rt::Conn> conn_;
  bool client_left_ = false;
  bool tunnel_ = false;
  std::list<Upstream*>::iterator place_;
};

// The connections to targets of all groups of a node.
struct TargetConnections {
  explicit TargetConnections(size_t limit);
  http::Pool pool;  // idle ones
  size_t in_use = 0;
  size_t connections_max;
};

class Backends {
 public:
  // `on_event` is called for health changes with (kind, text, target).
  using OnEvent = std::function<void(std::string, std::string, std::string)>;
  // REQUIRES: the configuration and the connections outlive it.
  Backends(const LbConfig& config, elb::TargetGroup settings, TargetConnections& connections,
           OnEvent on_event);
  // REQUIRES: stop() has returned, and no Upstream exists.
  ~Backends();

  // Takes other settings of the same group over. The checks begin anew when they changed; the
  // health of the targets stays.
  void reconfigure(elb::TargetGroup settings);
  const elb::TargetGroup& settings() const { return settings_; }

  // Sets the registered targets. New ones are checked at once.
  void set_targets(const std::vector<TargetSpec>& specs);
  TargetGroup& group() { return group_; }
  const TargetGroup& group() const { return group_; }

  // A connection to the target: a kept-alive one unless `fresh`. kUnavailable: refused or gone;
  // kTimeout: no connection in time. Nothing was sent in either case, and the target is suspect.
  // kExhausted: we have no descriptor for it, which says nothing about the target.
  rt::Task<Result<std::unique_ptr<Upstream>>> open(std::string target, bool fresh,
                                                   rt::Conn& client);
  // No target gets anything new. What runs may finish within the deregistration delay.
  void drain_all();
  // Ends the checks and waits for them. Requests in flight go on.
  rt::Task<void> stop();

 private:
  friend class Upstream;
  class Opening;
  rt::Task<void> check(std::string target, rt::Address address, std::shared_ptr<rt::Stop> stop);
  void begin_check(const std::string& target);
  void forget(const std::string& target);
  void watch();
  // Without a control plane that knows when a target has ended, it is gone when it has drained.
  void forget_drained();
  void report_anomalies();
  // The target in texts of events: "web-a1", "api/127.0.0.1:9000".
  [[nodiscard]] std::string named(const std::string& target) const;
  // Cuts all requests to the target and returns how many there were.
  size_t cut(const std::string& target, std::string_view why);
  void report_shortage(const std::string& what);

  const LbConfig& config_;
  elb::TargetGroup settings_;
  TargetConnections& connections_;
  OnEvent on_event_;
  TargetGroup group_;
  rt::Nursery checks_;
  std::map<std::string, std::shared_ptr<rt::Stop>> check_stops_;
  std::map<std::string, rt::Address> addresses_;
  std::list<Upstream*> in_flight_;
  rt::Timer watch_timer_;
  Nanos shortage_reported_ = 0;  // when the last shortage was reported; 0 for never
};

}  // namespace multiaz::lb
