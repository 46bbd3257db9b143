#include "orchestrator/shell/hardware.h"

#include <variant>

#include "base/core/log.h"
#include "base/rt/loop.h"
#include "base/rt/unix_peer.h"
#include "base/wire/frame.h"

namespace multiaz::orchestrator {

namespace {

void wake_later(const Hardware::CallPtr& call) {
  rt::defer([call] { call->wait.wake(); });
}

}  // namespace

rt::Task<Status> Hardware::connect(std::string socket_path) {
  auto conn = co_await rt::connect_unix_to(std::move(socket_path));
  if (!conn) co_return conn.error();
  conn_ = std::move(*conn);
  conn_->set_input_max(wire::kControlBytesMax + wire::kFrameHeaderBytes);
  co_return Status();
}

rt::Task<void> Hardware::run() {
  while (true) {
    const auto frame = wire::decode_frame(conn_->peek(), wire::kControlBytesMax);
    if (!frame) break;
    if (frame->has_value()) {
      const auto message = wire::decode_control((*frame)->payload);
      conn_->consume((*frame)->consumed);
      if (!message) break;
      take(*message);
      continue;
    }
    const Status more = co_await conn_->more();
    if (!more) break;
  }
  fail_all();
}

void Hardware::close() {
  if (conn_) conn_->close(Code::kCancelled, "the orchestrator ends");
}

void Hardware::take(const wire::ControlMessage& message) {
  if (const auto* exited = std::get_if<wire::Exited>(&message)) {
    on_exited_(*exited);
  } else if (const auto* done = std::get_if<wire::Done>(&message)) {
    const CallPtr call = forget(done->ref);
    if (!call) return;
    call->done = *done;
    wake_later(call);
  } else if (const auto* list = std::get_if<wire::ProcessList>(&message)) {
    const CallPtr call = forget(list->ref);
    if (!call) return;
    call->list = *list;
    wake_later(call);
  } else {
    log::warn("unexpected message of the supervisor: " + std::string(wire::name_of(message)));
  }
}

Hardware::CallPtr Hardware::forget(uint64_t ref) {
  const auto found = calls_.find(ref);
  if (found == calls_.end()) return nullptr;
  CallPtr call = found->second;
  calls_.erase(found);
  return call;
}

void Hardware::fail_all() {
  std::map<uint64_t, CallPtr> calls;
  calls.swap(calls_);
  for (const auto& [ref, call] : calls) {
    call->failed = Error(Code::kUnavailable, "the supervisor is gone");
    wake_later(call);
  }
}

Hardware::CallPtr Hardware::send(uint64_t ref, const wire::ControlMessage& message) {
  auto call = std::make_shared<Call>();
  std::string bytes;
  wire::write_frame(wire::encode(message), bytes);
  if (conn_ && conn_->send(bytes)) {
    calls_[ref] = call;
  } else {
    call->failed = Error(Code::kUnavailable, "the supervisor is gone");
  }
  return call;
}

Hardware::CallPtr Hardware::spawn(wire::Spawn request) {
  request.ref = next_ref_++;
  const uint64_t ref = request.ref;
  return send(ref, std::move(request));
}

Hardware::CallPtr Hardware::signal(const std::string& id, uint64_t launch, int signum) {
  wire::SignalProcess request;
  request.ref = next_ref_++;
  request.id = id;
  request.launch = launch;
  request.signal = signum;
  return send(request.ref, request);
}

Hardware::CallPtr Hardware::list() {
  wire::ListProcesses request;
  request.ref = next_ref_++;
  return send(request.ref, request);
}

Hardware::CallPtr Hardware::shut_down() {
  wire::Shutdown request;
  request.ref = next_ref_++;
  return send(request.ref, request);
}

rt::Task<Status> Hardware::finish(CallPtr call) {
  while (!call->over()) co_await call->wait;
  if (!call->failed) co_return call->failed;
  if (call->done && !call->done->ok) co_return Error(Code::kConflict, call->done->error);
  co_return Status();
}

}  // namespace multiaz::orchestrator
