// OrchestratorLink: the socket on which the orchestrator connects, its connection, and the exit
// reports that wait for it. The orchestrator is the one that sends a request: a connection that
// sends nothing replaces no other.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/strangers.h"
#include "base/rt/task.h"
#include "base/wire/control.h"

namespace multiaz::supervisor {

constexpr size_t kExitsKeptMax = 4096;  // exit reports kept while no orchestrator is connected
// bytes pending for an orchestrator that does not read
constexpr size_t kPendingBytesMax = 4 << 20;
// connections that have sent nothing; beyond it the oldest is closed
constexpr size_t kSilentMax = 16;
constexpr uint64_t kFirstMessageMs = 5'000;  // time for the first message

class OrchestratorLink {
 public:
  using OnMessage = std::function<void(const wire::ControlMessage&)>;
  // The connections are served in the nursery. REQUIRES: it outlives this object.
  OrchestratorLink(std::string socket_path, rt::Nursery& nursery, OnMessage on_message)
      : socket_path_(std::move(socket_path)),
        nursery_(nursery),
        on_message_(std::move(on_message)) {}

  Status open();
  rt::Task<void> accept();  // until close()
  // False when no orchestrator is connected or it does not read.
  bool tell(const wire::ControlMessage& message);
  // Tells it now, or when one is connected.
  void report(const wire::Exited& exited);
  // Ends the connection of an orchestrator that died: half-read answers would be mixed with those
  // of the next one.
  void drop(std::string_view why);
  void close();
  void remove();  // the socket goes, if it was opened

 private:
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn);
  void is_orchestrator(rt::Conn& conn);
  void tell_kept_exits();

  const std::string socket_path_;
  rt::Nursery& nursery_;
  const OnMessage on_message_;
  std::unique_ptr<rt::Listener> listener_;
  rt::Conn* orchestrator_ = nullptr;  // connected now; owned by its serve()
  rt::Strangers silent_{kSilentMax};  // connections that have sent nothing yet
  std::deque<wire::Exited> kept_exits_;
};

}  // namespace multiaz::supervisor
