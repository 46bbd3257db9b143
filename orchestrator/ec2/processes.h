// The processes of the instances are adopted, started, killed when they hang, and reaped here.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "orchestrator/control/context.h"
#include "orchestrator/ec2/decide.h"
#include "orchestrator/rds/groups.h"

namespace multiaz::orchestrator {

class Processes {
 public:
  Processes(Context& context, Groups& groups) : c_(context), groups_(groups) {}
  // Loads the launch numbers that earlier orchestrators gave. REQUIRES: called once, before
  // anything else.
  Status load();

  // Takes over the processes that run: the supervisor started them for an orchestrator that has
  // ended.
  void adopt(const wire::ProcessList& running);
  // Looks at all instances and carries out what decide() says.
  void reconcile();
  void spawned(const Spawned& answer);
  void exited(const wire::Exited& exited);

 private:
  void adopt(const wire::ProcessInfo& process);
  void remember_launches(const wire::ProcessList& running);
  void meet_stranger(const wire::ProcessInfo& process);
  struct Launching {
    uint64_t number;
    std::string reason;  // the text for the event log
  };
  void carry_out(const Action& action, std::map<std::string, Launching>& to_launch);
  void launch(const std::map<std::string, Launching>& launches);
  void mark_exited(Instance& instance);

  Context& c_;
  Groups& groups_;
  bool launch_refused_ = false;  // the store has refused the launch numbers, which is logged
};

std::string how_it_ended(const wire::Exited& exited);  // "killed by SIGKILL"

}  // namespace multiaz::orchestrator
