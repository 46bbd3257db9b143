// The simulated control plane: the process that holds the Manager, its durable state, the
// supervisor's exit reports, and the control connections to the members.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "replication/core/manager.h"
#include "replication/sim/pipe.h"
#include "replication/sim/settings.h"

namespace multiaz::replication::sim {

class World;

class Control {
 public:
  explicit Control(World& world) : world_(world) {}
  void start();

  void from_member(uint32_t member, ManagerEvent event);
  void process_ended(uint32_t member);  // the supervisor reports the exit

  // Faults.
  void crash(Nanos restart_after);
  void restart_from_older_copy(uint32_t copies_back);
  void pause(Nanos duration);
  void cut(uint32_t member, bool up, bool down, bool on);
  void reconnect(uint32_t member);  // ends the cuts of its connection
  void delay_exit_reports(Nanos delay) { exit_delay_ = delay; }
  void heal();
  void ask(ManagerEvent event);  // an operator's request
  // Once, the process ends after it has stored the next view and before it sends that to any
  // member.
  void crash_after_next_persist(Nanos restart_after) { crash_after_persist_ = restart_after; }

  bool up() const { return manager_ != nullptr; }
  bool paused() const { return paused_; }
  // The newest view that was ever made durable, even if the process does not know it.
  const View& latest_view() const { return latest_; }
  uint64_t views_made() const { return views_made_; }
  uint64_t digest() const;

 private:
  struct Up {
    ManagerEvent event;
  };
  struct Down {
    Event event;
  };

  void boot();
  void forget_unheard(View stored);
  void tick(uint64_t life);
  void handle(const ManagerEvent& event);
  void perform(const PersistState& e);
  void perform(const SendView& e);
  void perform(const SendHandOver& e);
  void perform(const ManagerNotice& e);
  void perform(const Answer& e);
  Nanos local_now() const;

  World& world_;
  std::unique_ptr<Manager> manager_;
  std::vector<std::string> stored_;  // every text ever stored; the last one is the file
  View latest_;
  uint64_t views_made_ = 0;
  bool paused_ = false;
  uint64_t life_ = 0;
  Nanos exit_delay_ = kMillisecond;
  Nanos crash_after_persist_ = 0;
  std::deque<ManagerEvent> inbox_;       // events that wait while it is stopped
  std::deque<ManagerEvent> unreported_;  // exits that happened while the process was down
  std::vector<std::unique_ptr<Pipe<Up>>> up_;
  std::vector<std::unique_ptr<Pipe<Down>>> down_;
};

}  // namespace multiaz::replication::sim
