// The reports of a simulated process: requests and answers to the manager, its role to the checker,
// each step to the trace. Between two effects fate may end the process.
#pragma once

#include <string>

#include "replication/driver/driver.h"

namespace multiaz::replication::sim {

class Node;

class NodeControl : public ControlPort, public Watcher {
 public:
  explicit NodeControl(Node& node) : node_(node) {}

  // ControlPort
  void role_changed(const RoleChanged& change, Nanos last_lease) override;
  void retired(Nanos) override {}
  void ack_view(Epoch epoch) override;
  void request_view(const RequestView& request) override;
  void notice(const Notice& notice) override;
  void trace(const std::string& text) override;
  void failed(const std::string& reason) override;

  // Watcher
  void stepping(const Event& event) override;
  void stepped(State before) override;
  bool before(const Effect& effect) override;

  void report();
  void process_ended() { covered_state_ = State::kStarting; }

 private:
  Node& node_;
  State covered_state_ = State::kStarting;
};

}  // namespace multiaz::replication::sim
