// The orchestrator's connection to the supervisor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/rt/task.h"
#include "base/rt/wait.h"
#include "base/wire/control.h"

namespace multiaz::orchestrator {

class Hardware {
 public:
  // A request without an answer so far; several may wait at a time.
  struct Call {
    rt::Wait wait;
    std::optional<wire::Done> done;
    std::optional<wire::ProcessList> list;
    Status failed;
    [[nodiscard]] bool over() const { return done || list || !failed.ok(); }
  };
  using CallPtr = std::shared_ptr<Call>;

  explicit Hardware(std::function<void(const wire::Exited&)> on_exited)
      : on_exited_(std::move(on_exited)) {}

  rt::Task<Status> connect(std::string socket_path);
  // Delivers exit reports and answers until the supervisor's connection ends.
  rt::Task<void> run();
  void close();

  // These send at once and fill in `ref`. Awaiting the answer is optional.
  CallPtr spawn(wire::Spawn request);
  CallPtr signal(const std::string& id, uint64_t launch, int signum);
  CallPtr list();
  CallPtr shut_down();
  // Waits for the answer. kUnavailable when the supervisor is gone; kConflict with the supervisor's
  // text when it refused.
  static rt::Task<Status> finish(CallPtr call);

 private:
  CallPtr send(uint64_t ref, const wire::ControlMessage& message);
  void take(const wire::ControlMessage& message);
  CallPtr forget(uint64_t ref);
  void fail_all();

  std::function<void(const wire::Exited&)> on_exited_;
  std::unique_ptr<rt::Conn> conn_;
  uint64_t next_ref_ = 1;
  std::map<uint64_t, CallPtr> calls_;
};

}  // namespace multiaz::orchestrator
