// The coroutine side of a connection, over its State.
#include "base/rt/conn.h"

#include "base/core/check.h"
#include "base/rt/conn_state.h"

namespace multiaz::rt {

Conn::Conn(State* state) : state_(state) {}

Conn::~Conn() {
  CHECK_NOTE(!state_->reader.wait.waiting() && !state_->writer.drained.waiting(),
             "a Conn was destroyed while a coroutine waits on it");
  state_->close(Code::kCancelled, "closed here");
  state_->unref();
}

Task<Status> Conn::more() {
  State& s = *state_;
  while (true) {
    if (s.reader.input.unseen()) co_return Status();
    if (s.closing) co_return s.reason;
    if (s.reader.input.ended()) co_return Error(Code::kClosed, "end of stream");
    co_await s.reader.wait;
  }
}

std::string_view Conn::peek() {
  return state_->reader.input.peek();
}

void Conn::consume(size_t bytes) {
  state_->reader.input.consume(bytes);
  state_->reader.resume();
}

void Conn::set_input_max(size_t bytes) {
  state_->reader.input.set_max(bytes);
  state_->reader.resume();
}

bool Conn::send(std::string_view data) {
  return state_->send(data);
}

Task<Status> Conn::write(std::string_view data) {
  State& s = *state_;
  if (!s.send(data))
    co_return s.closing ? s.reason : Error(Code::kClosed, "write side is shut");
  while (!s.closing && s.writer.pending_bytes() > kPendingBytesHigh) co_await s.writer.drained;
  if (s.closing) co_return s.reason;
  co_return Status();
}

size_t Conn::pending_bytes() const {
  return state_->writer.pending_bytes();
}

Task<Status> Conn::drained() {
  State& s = *state_;
  while (!s.closing && s.writer.pending_bytes() > 0) co_await s.writer.drained;
  if (s.closing) co_return s.reason;
  co_return Status();
}

void Conn::shutdown_write() {
  if (state_->layer) state_->layer->end();
  state_->writer.shut_down();
}

Task<Status> Conn::start_layer(std::unique_ptr<StreamLayer> layer, uint64_t deadline_ms) {
  State& s = *state_;
  CHECK(!s.layer);
  if (s.closing) co_return s.reason;
  s.deadline.in_ms(deadline_ms);
  s.layer = std::make_unique<ConnLayer>(s, std::move(layer));
  s.layer->start();
  while (!s.closing && !s.layer->established()) co_await s.reader.wait;
  // The bytes behind the last message of the handshake are the application's, whatever followed.
  if (s.closing && !s.reader.input.unseen()) {
    if (s.reason.code == Code::kTimeout && !s.layer->established())
      co_return Error(Code::kTimeout, "no TLS handshake before the deadline");
    co_return s.reason;
  }
  s.deadline.clear();
  s.reader.resume();
  co_return Status();
}

StreamLayer* Conn::layer() const {
  return state_->layer ? &state_->layer->stream() : nullptr;
}

void Conn::close(Code code, std::string_view why) {
  state_->close(code, why);
}
void Conn::abort(Code code, std::string_view why) {
  state_->make_close_a_reset();
  state_->close(code, why);
}
bool Conn::closed() const {
  return state_->closing;
}
bool Conn::at_eof() const {
  return state_->reader.input.ended();
}

Error Conn::close_reason() const {
  CHECK(state_->closing);
  return state_->reason;
}

void Conn::deadline_in_ms(uint64_t ms) {
  state_->deadline.in_ms(ms);
}

void Conn::progress_deadline_ms(uint64_t ms) {
  state_->deadline.progress_ms(ms);
}

void Conn::clear_deadline() {
  state_->deadline.clear();
}

Address Conn::local() const {
  return state_->local;
}
Address Conn::peer() const {
  return state_->peer;
}

int Conn::fd() const {
  uv_os_fd_t fd = -1;
  uv_fileno(&state_->handle, &fd);
  return fd;
}

}  // namespace multiaz::rt
