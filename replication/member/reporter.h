// Reporter: a member's messages to the control plane, to the event log and to its own daemon.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "replication/member/shared.h"

namespace multiaz::replication {

// A new primary that does not serve yet is no primary for the daemon.
Role role_of(State state);

class Reporter : public ControlPort {
 public:
  // `over`: the member has failed, and run() must end.
  Reporter(Shared& shared, std::function<void()> over);

  void event(std::string kind, std::string text);
  void daemon_listens();  // sends the events from before this now

  void role_changed(const RoleChanged& change, Nanos last_lease) override;
  void retired(Nanos last_lease) override;
  void ack_view(Epoch epoch) override;
  void request_view(const RequestView& request) override;
  void notice(const Notice& notice) override { event(notice.kind, notice.text); }
  void trace(const std::string& text) override;
  void failed(const std::string& reason) override;

 private:
  void tell_lease(bool serves, Epoch epoch, Nanos last_lease);

  Shared& shared_;
  std::function<void()> over_;
  bool listens_ = false;
  std::vector<std::pair<std::string, std::string>> early_events_;
  bool served_ = false;
  Epoch served_epoch_;
};

}  // namespace multiaz::replication
