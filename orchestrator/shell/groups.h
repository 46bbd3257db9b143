// The configuration managers of the replication groups, between the pure Manager and the world:
// what daemons report goes in as events, effects go out in order, and nothing that follows a
// PersistState leaves before it is on disk.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/wire/control.h"
#include "orchestrator/ec2/roles.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/shell/event_log.h"
#include "orchestrator/shell/store.h"
#include "replication/core/manager.h"

namespace multiaz::orchestrator {

constexpr uint64_t kSwitchoverMs = 5000;  // an orderly failover must be answered by then

struct GroupHandlers {
  // False when the instance is not connected (the manager sends views again by itself).
  std::function<bool(const std::string& id, const wire::ControlMessage&)> send;
  std::function<void()> on_view_change;  // roles may have moved
  std::function<void(Event)> event;
};

class GroupShell {
 public:
  GroupShell(const Plan& plan, const PlannedGroup& group, Store& store, GroupHandlers handlers);
  // Restores the manager; kCorrupt or kIo when the store cannot say what was.
  Status start(Nanos now);

  void on_status(Nanos now, const wire::StatusReport& report);
  void on_exit(Nanos now, const wire::Exited& exited);
  void on_view_ack(Nanos now, uint64_t launch, const wire::ViewAck& ack);
  void on_view_request(Nanos now, const std::string& from, uint64_t launch,
                       const wire::ViewRequest& request);
  void tick(Nanos now);
  // The planned members are others now (replica add, remove, promote).
  void members_changed(Nanos now);
  // Its members have ended, and have been given other data in this view (a restore).
  Status begin_again(Nanos now, const replication::View& view,
                     const std::map<std::string, uint64_t>& launches);
  // Orderly switchover to `to` ("" = the manager chooses). One at a time. Returns its words.
  // By force: `to` becomes primary although it may lack acknowledged writes; only when no in-sync
  // member lives. The words then say what is lost.
  rt::Task<Result<std::string>> fail_over(Nanos now, std::string to, bool force = false);

  [[nodiscard]] const replication::View& view() const { return manager_->view(); }
  [[nodiscard]] bool has(const std::string& id) const { return members_.contains(id); }

 private:
  [[nodiscard]] std::vector<replication::PlannedMember> planned_members() const;
  void step(Nanos now, const replication::ManagerEvent& event);
  void carry_out();
  bool carry_out(const replication::ManagerEffect& effect);
  void send_view(const replication::SendView& order);

  const Plan& plan_;
  const PlannedGroup& group_;
  Store& store_;
  GroupHandlers handlers_;
  std::map<std::string, bool> members_;
  std::map<std::string, std::string> incarnations_;  // as last reported
  std::unique_ptr<replication::Manager> manager_;
  std::deque<replication::ManagerEffect> undone_;  // in order; waits while the disk refuses
  bool disk_failed_ = false;

  bool asking_ = false;  // a switchover waits for its answer
  std::optional<replication::Answer> answer_;
  rt::Notify answered_;
};

std::string how_it_ended(const wire::Exited& exited);  // "killed by SIGKILL"

// Words of the wire and of the core.
replication::State member_state_from(const wire::StatusReport& report);
replication::View view_from(const wire::StatusReport& report);
wire::ViewUpdate to_wire(const Plan& plan, const std::string& group, const replication::View& view,
                         const std::map<std::string, std::string>& incarnations, bool fenced);

}  // namespace multiaz::orchestrator
