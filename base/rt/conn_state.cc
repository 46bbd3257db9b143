#include "base/rt/conn_state.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>

#include "base/core/check.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

namespace {

Address address_from(const sockaddr_storage& raw) {
  const auto& in = reinterpret_cast<const sockaddr_in&>(raw);
  if (in.sin_family != AF_INET) return make_address(0, 0);
  return make_address(ntohl(in.sin_addr.s_addr), ntohs(in.sin_port));
}

}  // namespace

Conn::State::State(bool tcp_stream)
    : is_tcp(tcp_stream), reader(*this), writer(*this), deadline(*this) {
  if (is_tcp) {
    CHECK(uv_tcp_init(uv_loop_raw(), &tcp) == 0);
  } else {
    CHECK(uv_pipe_init(uv_loop_raw(), &pipe, 0) == 0);
  }
  stream.data = this;
  ref();  // for the open stream
}

Conn::State::~State() {}

void Conn::State::unref() {
  CHECK(refs > 0);
  if (--refs == 0) delete this;
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
    link.watch([this] { refresh_link(); });
    if (!fabric().quiet()) refresh_link();
  }
  reader.resume();
}

void Conn::State::refresh_link() {
  if (closing) return;
  link.refresh(local, peer);
  if (link.broken()) {
    reset();
    return;
  }
  reader.link_changed();
  writer.flush();
}

void Conn::State::close(Code code, std::string_view why) {
  if (closing) return;
  const bool whole = writer.unwritten_bytes() == 0 && !link.out.lost();
  if (layer && whole && !to_be_reset_) layer->end_at_once();
  closing = true;
  reason = Error(code, std::string(why));
  if (!whole) make_close_a_reset();
  link.unwatch();
  deadline.close();
  writer.close();
  reader.close();
  uv_close(&handle, [](uv_handle_t* closed) { static_cast<Conn::State*>(closed->data)->unref(); });
  wake_all_later();
}

// Deferred, because close() may be called from inside the waiter's own callers.
void Conn::State::wake_all_later() {
  ref();
  defer([this] {
    if (reader.wait.waiting()) reader.wait.wake();
    if (writer.drained.waiting()) writer.drained.wake();
    unref();
  });
}

void Conn::State::reset() {
  ++fabric().bites().resets;
  make_close_a_reset();
  close(Code::kClosed, "connection reset by the network (a fault)");
}

// A server that answers before it has read everything and then closes resets the connection; its
// answer may be here already, and a reader gets it before the error.
void Conn::State::break_off(int status) {
  reader.take_rest();
  close(Code::kClosed, uv_strerror(status));
}

void Conn::State::make_close_a_reset() {
  to_be_reset_ = true;
  uv_os_fd_t fd = -1;
  const linger hard = {1, 0};
  if (is_tcp && uv_fileno(&handle, &fd) == 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace multiaz::rt
