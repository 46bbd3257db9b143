// How a connection ends: which of our bytes have arrived, and which of the peer's can still be
// read.
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/rt/conn_state.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

// The peer shall see RST, not FIN.
void Conn::State::make_close_a_reset() {
  uv_os_fd_t fd = -1;
  const linger hard = {1, 0};
  if (is_tcp && uv_fileno(&handle, &fd) == 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

// Writing has failed. A server that answers before it has read everything and then closes resets
// the connection; its answer may be here already, and a reader gets it before the error.
void Conn::State::break_off(int status) {
  uv_os_fd_t fd = -1;
  for (const Chunk& late : std::exchange(way_in, {})) {
    input.append(late.bytes);
    unseen = unseen || !late.bytes.empty();
  }
  way_in_bytes = 0;
  if (may_read() && uv_fileno(&handle, &fd) == 0) {
    char piece[4096];
    while (input.size() - input_used < input_max) {
      const ssize_t got = ::recv(fd, piece, sizeof piece, MSG_DONTWAIT);
      if (got <= 0) break;
      input.append(piece, static_cast<size_t>(got));
      unseen = true;
    }
  }
  close(Code::kClosed, uv_strerror(status));
}

// --- progress: bytes that have left this process may still be in the kernel ---

uint64_t Conn::State::arrived_bytes() const {
  int in_kernel = 0;
  uv_os_fd_t fd = -1;
  if (is_tcp && uv_fileno(&handle, &fd) == 0) ioctl(fd, SIOCOUTQ, &in_kernel);
  return sent_bytes - unwritten_bytes() - static_cast<uint64_t>(in_kernel);
}

// This can be less than what is pending: libuv reports a finished write one turn of the loop later.
size_t Conn::State::unwritten_bytes() const {
  const size_t written = writing ? flying.size() - uv_stream_get_write_queue_size(&stream) : 0;
  return out_bytes - written;
}

void Conn::State::arm_progress(uint64_t ms) {
  if (closing) return;
  if (!deadline) deadline = open_timer();
  progress_ms = ms;
  progress_at = monotonic_now();
  arrived_until = arrived_bytes();
  const uint64_t look_ms = std::max<uint64_t>(1, ms / 4);
  uv_update_time(uv_loop_raw());
  uv_timer_start(
      deadline, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->look_for_progress(); },
      look_ms, look_ms);
}

void Conn::State::look_for_progress() {
  const Nanos now = monotonic_now();
  const uint64_t arrived = arrived_bytes();
  const bool under_way = !out.empty() && out.front().due > now && !link_out.cut;
  if (arrived != arrived_until || under_way) {
    arrived_until = arrived;
    progress_at = now;
  } else if (now - progress_at >= progress_ms * kMillisecond) {
    close(Code::kTimeout, "the peer has read nothing for too long");
  }
}

}  // namespace multiaz::rt
