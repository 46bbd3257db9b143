#include "supervisor/orchestrator_link.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "base/core/log.h"
#include "base/rt/unix_peer.h"
#include "base/wire/frame.h"

namespace multiaz::supervisor {

Status OrchestratorLink::open() {
  auto listener = rt::Listener::bind_unix(socket_path_);
  if (!listener) return listener.error();
  listener_ = std::move(*listener);
  chmod(socket_path_.c_str(), 0600);
  return Status();
}

rt::Task<void> OrchestratorLink::accept() {
  while (true) {
    auto conn = co_await listener_->accept();
    if (!conn) co_return;
    const Status known = rt::check_unix_peer(**conn, socket_path_);
    if (!known) {
      log::warn("refused: " + known.error().detail);
      continue;
    }
    nursery_.spawn("orchestrator", serve(std::move(*conn)));
  }
}

void OrchestratorLink::is_orchestrator(rt::Conn& conn) {
  if (orchestrator_ == &conn) return;
  if (orchestrator_) orchestrator_->close(Code::kClosed, "another orchestrator connected");
  conn.clear_deadline();
  orchestrator_ = &conn;
  conn.set_input_max(wire::kControlBytesMax + wire::kFrameHeaderBytes);
  tell_kept_exits();
}

rt::Task<void> OrchestratorLink::serve(std::unique_ptr<rt::Conn> conn) {
  std::optional<rt::Stranger> silent(std::in_place, silent_, *conn);
  conn->deadline_in_ms(kFirstMessageMs);
  while (true) {
    const auto frame = wire::decode_frame(conn->peek(), wire::kControlBytesMax);
    if (!frame) break;
    if (frame->has_value()) {
      const auto message = wire::decode_control((*frame)->payload);
      conn->consume((*frame)->consumed);
      if (!message) {
        log::warn("from the orchestrator: " + message.error().text());
        break;
      }
      silent.reset();
      is_orchestrator(*conn);
      on_message_(*message);
      continue;
    }
    const Status more = co_await conn->more();
    if (!more) break;
  }
  if (orchestrator_ == conn.get()) orchestrator_ = nullptr;
}

bool OrchestratorLink::tell(const wire::ControlMessage& message) {
  if (!orchestrator_ || orchestrator_->closed()) return false;
  if (orchestrator_->pending_bytes() > kPendingBytesMax) {
    orchestrator_->close(Code::kLimit, "the orchestrator does not read");
    return false;
  }
  std::string bytes;
  wire::write_frame(wire::encode(message), bytes);
  return orchestrator_->send(bytes);
}

void OrchestratorLink::tell_kept_exits() {
  while (!kept_exits_.empty() && tell(kept_exits_.front())) kept_exits_.pop_front();
}

void OrchestratorLink::report(const wire::Exited& exited) {
  if (kept_exits_.size() == kExitsKeptMax) kept_exits_.pop_front();
  kept_exits_.push_back(exited);
  tell_kept_exits();
}

void OrchestratorLink::drop(std::string_view why) {
  if (orchestrator_) orchestrator_->close(Code::kClosed, why);
  orchestrator_ = nullptr;
}

void OrchestratorLink::close() {
  constexpr std::string_view kWhy = "the cluster ends";
  listener_->close();
  if (orchestrator_) orchestrator_->close(Code::kClosed, kWhy);
  silent_.close_all(Code::kClosed, kWhy);
}

void OrchestratorLink::remove() {
  if (!listener_) return;
  listener_.reset();
  unlink(socket_path_.c_str());
}

}  // namespace multiaz::supervisor
