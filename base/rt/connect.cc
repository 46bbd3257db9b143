#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "base/core/check.h"
#include "base/core/descriptors.h"
#include "base/rt/conn_state.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"

namespace multiaz::rt {

namespace {

constexpr uint64_t kCutPollMs = 10;

sockaddr_in raw_address(Address address) {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_addr.s_addr = htonl(address.ip);
  raw.sin_port = htons(address.port);
  return raw;
}

Error connect_error(int status, const std::string& to) {
  const std::string text = to + ": " + uv_strerror(status);
  if (status == UV_ECONNREFUSED || status == UV_ENOENT) return Error(Code::kUnavailable, text);
  if (status == UV_ETIMEDOUT) return Error(Code::kTimeout, text);
  if (is_own_shortage(-status)) return Error(Code::kExhausted, text);
  return Error(Code::kIo, text);
}

void on_connected(uv_connect_t* request, int status) {
  auto& state = *static_cast<Conn::State*>(request->handle->data);
  state.connecting.done = true;
  state.connecting.status = status;
  if (!state.closing) state.reader.wait.wake();
}

Task<Result<std::unique_ptr<Conn>>> finish_connect(std::unique_ptr<Conn> conn, Conn::State* state,
                                                   std::string to) {
  while (!state->connecting.done && !state->closing) co_await state->reader.wait;
  if (state->closing) {
    if (state->reason.code == Code::kTimeout) {
      co_return Error(Code::kTimeout, to + ": no connection before the deadline");
    }
    co_return state->reason;
  }
  if (state->connecting.status < 0) co_return connect_error(state->connecting.status, to);
  conn->clear_deadline();
  state->opened();
  co_return Result<std::unique_ptr<Conn>>(std::move(conn));
}

// Binds the source address but lets the kernel choose the port when it connects.
int bind_source(uv_tcp_t* tcp, Address from) {
  uv_os_fd_t fd = -1;
  const int one = 1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(tcp), &fd) == 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  }
  const sockaddr_in raw = raw_address(from);
  return uv_tcp_bind(tcp, reinterpret_cast<const sockaddr*>(&raw), 0);
}

}  // namespace

Task<Result<std::unique_ptr<Conn>>> connect_tcp(ConnectOptions options) {
  const std::string to = options.to.text();
  const Nanos limit = monotonic_now() + options.timeout_ms * kMillisecond;
  // A SYN over a cut link gets no answer; when the link heals it goes through.
  while (!fabric().quiet() && (fabric().link(options.from.ip, options.to.ip).blocked() ||
                               fabric().link(options.to.ip, options.from.ip).blocked())) {
    if (monotonic_now() >= limit) co_return Error(Code::kTimeout, to + ": no answer");
    co_await sleep_ms(kCutPollMs);
  }
  auto* state = new Conn::State(true);
  auto conn = std::make_unique<Conn>(state);
  const sockaddr_in raw = raw_address(options.to);
  if (options.from.ip != 0) {
    const int bound = bind_source(&state->tcp, options.from);
    if (bound < 0) co_return connect_error(bound, options.from.text());
  }
  const int started = uv_tcp_connect(&state->connecting.request, &state->tcp,
                                     reinterpret_cast<const sockaddr*>(&raw), on_connected);
  if (started < 0) co_return connect_error(started, to);
  const Nanos now = monotonic_now();
  conn->deadline_in_ms(now >= limit ? 1 : (limit - now) / kMillisecond + 1);
  auto connected = co_await finish_connect(std::move(conn), state, to);
  co_return connected;
}

Task<Result<std::unique_ptr<Conn>>> connect_unix(std::string path) {
  auto* state = new Conn::State(false);
  auto conn = std::make_unique<Conn>(state);
  uv_pipe_connect(&state->connecting.request, &state->pipe, path.c_str(), on_connected);
  auto connected = co_await finish_connect(std::move(conn), state, path);
  co_return connected;
}

struct Listener::State {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  bool is_tcp = true;
  bool guarded = true;  // the security groups judge which peers may connect
  bool closing = false;
  bool owned = true;
  bool ready = false;  // libuv holds an accepted descriptor
  Wait wait;
  Address local;
};

namespace {

void on_connection(uv_stream_t* stream, int status) {
  auto& state = *static_cast<Listener::State*>(stream->data);
  if (status < 0 || state.closing) return;
  state.ready = true;
  state.wait.wake();
}

Listener::State* new_listener(bool is_tcp) {
  auto* state = new Listener::State;
  state->is_tcp = is_tcp;
  if (is_tcp) {
    CHECK(uv_tcp_init(uv_loop_raw(), &state->tcp) == 0);
  } else {
    CHECK(uv_pipe_init(uv_loop_raw(), &state->pipe, 0) == 0);
  }
  state->handle.data = state;
  return state;
}

void close_listener(Listener::State* state) {
  if (state->closing) return;
  state->closing = true;
  uv_close(&state->handle, [](uv_handle_t* handle) {
    auto* closed = static_cast<Listener::State*>(handle->data);
    if (closed->wait.waiting()) closed->wait.wake();
    if (!closed->owned)
      delete closed;
    else
      closed->handle.data = nullptr;
  });
}

void read_address(Listener::State* state) {
  sockaddr_in raw{};
  int size = sizeof raw;
  if (uv_tcp_getsockname(&state->tcp, reinterpret_cast<sockaddr*>(&raw), &size) == 0) {
    state->local = make_address(ntohl(raw.sin_addr.s_addr), ntohs(raw.sin_port));
  }
}

}  // namespace

Listener::Listener(State* state) : state_(state) {}

Listener::~Listener() {
  CHECK_NOTE(!state_->wait.waiting(), "a Listener was destroyed while a coroutine accepts");
  close_listener(state_);
  state_->owned = false;
  if (state_->handle.data == nullptr) delete state_;  // libuv has released it already
}

Result<std::unique_ptr<Listener>> Listener::bind(Address address, int backlog) {
  State* state = new_listener(true);
  auto listener = std::make_unique<Listener>(state);
  const sockaddr_in raw = raw_address(address);
  int done = uv_tcp_bind(&state->tcp, reinterpret_cast<const sockaddr*>(&raw), 0);
  if (done == 0) done = uv_listen(&state->stream, backlog, on_connection);
  if (done < 0) return Error(Code::kIo, address.text() + ": " + uv_strerror(done));
  read_address(state);
  return Result<std::unique_ptr<Listener>>(std::move(listener));
}

Result<std::unique_ptr<Listener>> Listener::bind_inside() {
  constexpr uint32_t kLoopback = 0x7f000001;
  auto listener = bind(make_address(kLoopback, 0));
  if (listener) (*listener)->state_->guarded = false;
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::adopt(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return Error(Code::kIo, "inherited descriptor: " + std::string(strerror(errno)));
  State* state = new_listener(true);
  auto listener = std::make_unique<Listener>(state);
  int done = uv_tcp_open(&state->tcp, copy);
  if (done < 0) ::close(copy);
  if (done == 0) done = uv_listen(&state->stream, 4096, on_connection);
  if (done < 0) return Error(Code::kIo, std::string("inherited listener: ") + uv_strerror(done));
  read_address(state);
  return Result<std::unique_ptr<Listener>>(std::move(listener));
}

Result<std::unique_ptr<Listener>> Listener::bind_unix(const std::string& path) {
  State* state = new_listener(false);
  auto listener = std::make_unique<Listener>(state);
  int done = uv_pipe_bind(&state->pipe, path.c_str());
  if (done == 0) done = uv_listen(&state->stream, 128, on_connection);
  if (done < 0) return Error(Code::kIo, path + ": " + uv_strerror(done));
  return Result<std::unique_ptr<Listener>>(std::move(listener));
}

Task<Result<std::unique_ptr<Conn>>> Listener::accept() {
  State& s = *state_;
  while (true) {
    if (s.closing) co_return Error(Code::kCancelled, "the listener was closed");
    if (s.ready) {
      s.ready = false;
      auto* accepted = new Conn::State(s.is_tcp);
      auto conn = std::make_unique<Conn>(accepted);
      const int done = uv_accept(&s.stream, &accepted->stream);
      if (done == 0) {
        accepted->opened();
        if (s.is_tcp && s.guarded && !fabric().admits(conn->peer(), conn->local())) {
          // The client sees a reset at once. In AWS a denied packet is dropped and the client waits
          // for its time-out.
          const linger now{1, 0};
          setsockopt(conn->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
          continue;
        }
        co_return Result<std::unique_ptr<Conn>>(std::move(conn));
      }
    }
    if (!s.ready) co_await s.wait;
  }
}

void Listener::close() {
  close_listener(state_);
}
Address Listener::address() const {
  return state_->local;
}

Result<int> open_listening_socket(Address address, int backlog) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Error(Code::kIo, "socket: " + std::string(strerror(errno)));
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const sockaddr_in raw = raw_address(address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&raw), sizeof raw) != 0 ||
      ::listen(fd, backlog) != 0) {
    const Error error(Code::kIo, address.text() + ": " + strerror(errno));
    ::close(fd);
    return error;
  }
  return fd;
}

int inherited_listener(std::string_view name) {
  const char* list = std::getenv("MULTIAZ_LISTEN");
  std::string_view rest = list ? list : "";
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos && item.substr(0, equals) == name) {
      return std::atoi(std::string(item.substr(equals + 1)).c_str());
    }
  }
  return -1;
}

}  // namespace multiaz::rt
