#include "base/rt/conn_state.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "base/core/check.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

namespace {

constexpr size_t kReadChunkBytes = 64 << 10;
constexpr size_t kInputKeepBytes = 16 << 10;  // the capacity that an idle connection may keep

// libuv reads one stream at a time into this; on_read copies it out at once.
char g_read_buffer[kReadChunkBytes];

Conn::State& state_of(void* data) {
  return *static_cast<Conn::State*>(data);
}

Address address_from(const sockaddr_storage& raw) {
  const auto& in = reinterpret_cast<const sockaddr_in&>(raw);
  if (in.sin_family != AF_INET) return make_address(0, 0);
  return make_address(ntohl(in.sin_addr.s_addr), ntohs(in.sin_port));
}

void close_timer(uv_timer_t*& timer) {
  if (!timer) return;
  uv_close(reinterpret_cast<uv_handle_t*>(timer), [](uv_handle_t* handle) {
    Conn::State& state = state_of(handle->data);
    delete reinterpret_cast<uv_timer_t*>(handle);
    state.unref();
  });
  timer = nullptr;
}

}  // namespace

Conn::State::State(bool tcp_stream) : is_tcp(tcp_stream) {
  if (is_tcp) {
    CHECK(uv_tcp_init(uv_loop_raw(), &tcp) == 0);
  } else {
    CHECK(uv_pipe_init(uv_loop_raw(), &pipe, 0) == 0);
  }
  stream.data = this;
  ref();  // for the open stream
}

Conn::State::~State() {}

uv_timer_t* Conn::State::open_timer() {
  auto* timer = new uv_timer_t;
  CHECK(uv_timer_init(uv_loop_raw(), timer) == 0);
  timer->data = this;
  ref();
  return timer;
}

void Conn::State::unref() {
  CHECK(refs > 0);
  if (--refs == 0) delete this;
}

void Conn::State::close(Code code, std::string_view why) {
  if (closing) return;
  closing = true;
  reason = Error(code, std::string(why));
  if (unwritten_bytes() > 0 || lost_bytes) make_close_a_reset();
  if (watched) fabric().unwatch(ticket);
  watched = false;
  close_timer(deadline);
  close_timer(delay);
  close_timer(delay_in);
  uv_close(&handle, [](uv_handle_t* closed) { state_of(closed->data).unref(); });
  wake_all_later();
}

// Deferred, because close() may be called from inside the waiter's own callers.
void Conn::State::wake_all_later() {
  ref();
  defer([this] {
    if (read_wait.waiting()) read_wait.wake();
    if (drain_wait.waiting()) drain_wait.wake();
    unref();
  });
}

void Conn::State::opened() {
  if (is_tcp) {
    uv_tcp_nodelay(&tcp, 1);
    sockaddr_storage raw{};
    int size = sizeof raw;
    if (uv_tcp_getsockname(&tcp, reinterpret_cast<sockaddr*>(&raw), &size) == 0) {
      local = address_from(raw);
    }
    size = sizeof raw;
    if (uv_tcp_getpeername(&tcp, reinterpret_cast<sockaddr*>(&raw), &size) == 0) {
      peer = address_from(raw);
    }
    ticket = fabric().watch([this] { refresh_link(); });
    watched = true;
    if (!fabric().quiet()) refresh_link();
  }
  if (may_read()) start_reading();
}

bool Conn::State::may_read() const {
  return !closing && !eof && !end_on_way_in && !link_in.cut &&
         input.size() - input_used + way_in_bytes < input_max;
}

void Conn::State::start_reading() {
  if (reading) return;
  const int started = uv_read_start(
      &stream,
      [](uv_handle_t*, size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(g_read_buffer, sizeof g_read_buffer);
      },
      [](uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
        state_of(from->data).on_read(count, buffer->base);
      });
  reading = started == 0;
}

void Conn::State::stop_reading() {
  if (reading) uv_read_stop(&stream);
  reading = false;
}

void Conn::State::on_read(ssize_t count, const char* bytes) {
  if (count == 0) return;
  if (count == UV_EOF) {
    take_in_end();
    stop_reading();
  } else if (count < 0) {
    close(Code::kClosed, uv_strerror(static_cast<int>(count)));
    return;
  } else {
    take_in(std::string_view(bytes, static_cast<size_t>(count)));
    if (!may_read()) stop_reading();
  }
  if (unseen || eof) read_wait.wake();  // the last act: the reader may destroy the Conn
}

bool Conn::State::send(std::string_view data) {
  if (closing || shutdown_wanted) return false;
  if (data.empty()) return true;
  sent_bytes += data.size();
  if (link_out.drop) {
    fabric().bites().bytes_dropped += data.size();
    lost_bytes = true;
    return true;
  }
  if (unlucky(link_out)) {
    reset();
    return false;
  }
  const bool slow = link_out.slow();
  if (link_out.cut) fabric().bites().bytes_held += data.size();
  if (slow) fabric().bites().bytes_delayed += data.size();
  if (out.empty() && !writing && !link_out.cut && !slow) {
    uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(data.data()), static_cast<unsigned>(data.size()));
    const int taken = uv_try_write(&stream, &buffer, 1);
    if (taken > 0) data.remove_prefix(static_cast<size_t>(taken));
    if (taken < 0 && taken != UV_EAGAIN) {
      break_off(taken);
      return false;
    }
    if (data.empty()) return true;
  }
  queue(data, slow ? arrival(link_out, data.size(), line_free_at) : 0);
  flush();
  return !closing;
}

void Conn::State::queue(std::string_view data, Nanos due) {
  out_bytes += data.size();
  // bytes never overtake each other
  if (!out.empty() && due < out.back().due) due = out.back().due;
  if (!out.empty() && out.back().due == due) {
    out.back().bytes.append(data);
    return;
  }
  Chunk chunk;
  chunk.due = due;
  chunk.bytes = std::string(data);
  out.push_back(std::move(chunk));
}

void Conn::State::flush() {
  if (closing || writing || out.empty() || link_out.cut) return;
  const Nanos due = out.front().due;
  if (due != 0) {
    const Nanos now = monotonic_now();
    if (due > now) {
      if (!delay) delay = open_timer();
      uv_update_time(uv_loop_raw());
      uv_timer_start(
          delay, [](uv_timer_t* timer) { state_of(timer->data).flush(); },
          (due - now) / kMillisecond + 1, 0);
      return;
    }
  }
  flying = std::move(out.front().bytes);
  out.pop_front();
  writing = true;
  uv_buf_t buffer = uv_buf_init(flying.data(), static_cast<unsigned>(flying.size()));
  const int queued = uv_write(
      &write_request, &stream, &buffer, 1,
      [](uv_write_t* request, int status) { state_of(request->handle->data).on_written(status); });
  if (queued < 0) {
    writing = false;
    close(Code::kClosed, uv_strerror(queued));
  }
}

void Conn::State::on_written(int status) {
  writing = false;
  out_bytes -= flying.size();
  flying.clear();
  flying.shrink_to_fit();
  if (closing) return;
  if (status < 0) {
    break_off(status);
    return;
  }
  flush();
  maybe_shutdown();
  if (!closing && out_bytes <= kPendingBytesHigh / 2 && drain_wait.waiting()) drain_wait.wake();
}

void Conn::State::maybe_shutdown() {
  if (closing || shutdown_sent || !shutdown_wanted || writing || !out.empty()) return;
  shutdown_sent = true;
  uv_shutdown(&shutdown_request, &stream, [](uv_shutdown_t*, int) {});
}

void Conn::State::arm_deadline(uint64_t ms) {
  if (closing) return;
  if (!deadline) deadline = open_timer();
  uv_update_time(uv_loop_raw());
  uv_timer_start(
      deadline,
      [](uv_timer_t* timer) { state_of(timer->data).close(Code::kTimeout, "deadline passed"); }, ms,
      0);
}

// --- Conn: the coroutine side ---

Conn::Conn(State* state) : state_(state) {}

Conn::~Conn() {
  CHECK_NOTE(!state_->read_wait.waiting() && !state_->drain_wait.waiting(),
             "a Conn was destroyed while a coroutine waits on it");
  state_->close(Code::kCancelled, "closed here");
  state_->unref();
}

Task<Status> Conn::more() {
  State& s = *state_;
  while (true) {
    if (s.unseen) co_return Status();
    if (s.closing) co_return s.reason;
    if (s.eof) co_return Error(Code::kClosed, "end of stream");
    co_await s.read_wait;
  }
}

std::string_view Conn::peek() {
  state_->unseen = false;
  return std::string_view(state_->input).substr(state_->input_used);
}

void Conn::consume(size_t bytes) {
  State& s = *state_;
  CHECK(bytes <= s.input.size() - s.input_used);
  s.input_used += bytes;
  if (s.input_used == s.input.size()) {
    s.input.clear();
    if (s.input.capacity() > kInputKeepBytes) s.input.shrink_to_fit();
    s.input_used = 0;
  } else if (s.input_used > kReadChunkBytes && s.input_used > s.input.size() / 2) {
    s.input.erase(0, s.input_used);
    s.input_used = 0;
  }
  if (!s.reading && s.may_read()) s.start_reading();
}

void Conn::set_input_max(size_t bytes) {
  state_->input_max = bytes;
  if (!state_->reading && state_->may_read()) state_->start_reading();
}

bool Conn::send(std::string_view data) {
  return state_->send(data);
}

Task<Status> Conn::write(std::string_view data) {
  State& s = *state_;
  if (!s.send(data)) co_return s.closing ? s.reason : Error(Code::kClosed, "write side is shut");
  while (!s.closing && s.out_bytes > kPendingBytesHigh) co_await s.drain_wait;
  if (s.closing) co_return s.reason;
  co_return Status();
}

size_t Conn::pending_bytes() const {
  return state_->out_bytes;
}

Task<Status> Conn::drained() {
  State& s = *state_;
  while (!s.closing && s.out_bytes > 0) co_await s.drain_wait;
  if (s.closing) co_return s.reason;
  co_return Status();
}

void Conn::shutdown_write() {
  state_->shutdown_wanted = true;
  state_->maybe_shutdown();
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
  return state_->eof;
}

Error Conn::close_reason() const {
  CHECK(state_->closing);
  return state_->reason;
}

void Conn::deadline_in_ms(uint64_t ms) {
  state_->arm_deadline(ms);
}

void Conn::progress_deadline_ms(uint64_t ms) {
  state_->arm_progress(ms);
}

void Conn::clear_deadline() {
  if (state_->deadline) uv_timer_stop(state_->deadline);
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
