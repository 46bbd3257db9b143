// The configuration managers of the replication groups, db and cache. Reports of the daemons go in
// as events, effects come out in order, and no effect that follows a PersistState leaves before
// that is stored.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/wire/control.h"
#include "orchestrator/control/context.h"
#include "replication/core/manager.h"

namespace multiaz::orchestrator {

class Group {
 public:
  Group(Context& context, std::string name) : c_(context), name_(std::move(name)) {}
  // Restores the manager's state; kCorrupt or kIo when the store cannot give it.
  Status start();

  void on_status(const wire::StatusReport& report);
  void on_exit(const wire::Exited& exited);
  void on_view_ack(uint64_t launch, const wire::ViewAck& ack);
  void on_view_request(const std::string& from, uint64_t launch, const wire::ViewRequest& request);
  void tick();
  // To be called after the planned members have changed (replica add, remove, promote).
  void members_changed();
  // Starts the group again in this view, after its members have ended and got other data (a
  // restore). kConflict: the manager has made a view of that epoch meanwhile, and an epoch is never
  // given twice.
  Status begin_again(const replication::View& view,
                     const std::map<std::string, uint64_t>& launches);
  // Orderly switchover to `to` ("" = the manager chooses); the answer is SwitchoverAnswered. With
  // `force`, `to` becomes primary although it may lack acknowledged writes. That is allowed only
  // when no in-sync member lives, and the answer says what is lost.
  void fail_over(const std::string& to, bool force);

  [[nodiscard]] bool has(const std::string& id) const;
  [[nodiscard]] const replication::View& view() const {  // it may not be stored yet
    return manager_->view();
  }

 private:
  [[nodiscard]] const PlannedGroup& planned() const;
  [[nodiscard]] std::vector<replication::PlannedMember> planned_members() const;
  void step(const replication::ManagerEvent& event);
  void carry_out();
  bool carry_out(const replication::ManagerEffect& effect);
  void send_view(const replication::SendView& order);

  Context& c_;
  std::string name_;
  std::map<std::string, std::string> incarnations_;  // by member, as last reported
  std::unique_ptr<replication::Manager> manager_;
  std::deque<replication::ManagerEffect> undone_;  // in order; they wait while the store refuses
  bool store_failed_ = false;
};

class Groups {
 public:
  explicit Groups(Context& context) : c_(context) {}
  Status load();
  void tick();
  void exited(const wire::Exited& exited);
  Group* named(const std::string& name);  // nullptr: there is none
  Group* of(const std::string& member);   // likewise

 private:
  Context& c_;
  std::map<std::string, std::unique_ptr<Group>> groups_;
};

// Conversions between the messages and the types of replication/core.
replication::State member_state_from(const wire::StatusReport& report);
replication::View view_from(const wire::StatusReport& report);
wire::ViewUpdate to_wire(const Plan& plan, const std::string& group, const replication::View& view,
                         const std::map<std::string, std::string>& incarnations, bool fenced);

}  // namespace multiaz::orchestrator
