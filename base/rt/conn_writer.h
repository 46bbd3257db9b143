// ConnWriter: the writing side of a connection: into the kernel at once, or pending until the
// kernel or the fabric takes it.
#pragma once

#include <uv.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/rt/conn_timer.h"
#include "base/rt/delayed_bytes.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

class ConnWriter {
 public:
  explicit ConnWriter(Conn::State& conn) : conn_(conn), delay_(conn) {}

  bool send(std::string_view data);
  // Hands the kernel what may leave now. To be called when the link has changed, too.
  void flush();
  void shut_down();  // sends FIN after the pending bytes
  // A few last bytes, which arrive as the FIN of a close() does. REQUIRES: nothing is pending.
  void send_with_end(std::string_view bytes);
  void close() { delay_.close(); }

  size_t pending_bytes() const { return out_.bytes() + flying_.size(); }
  // Pending bytes that the kernel has not taken. This can be less: libuv reports a finished write
  // one turn of the loop later.
  size_t unwritten_bytes() const;
  // Bytes that have arrived at the peer: those that have left this process may be in the kernel.
  uint64_t arrived_bytes() const;
  // Whether a slow link holds back the next bytes.
  bool held_back(Nanos now) const;

  Wait drained;

 private:
  void on_written(int status);
  void maybe_shut_down();

  Conn::State& conn_;
  DelayedBytes out_;
  std::string flying_;  // handed to the kernel
  bool writing_ = false;
  bool shutdown_wanted_ = false;
  bool shutdown_sent_ = false;
  uv_write_t write_request_;
  uv_shutdown_t shutdown_request_;
  uint64_t sent_bytes_ = 0;  // all bytes that send() took
  ConnTimer delay_;
};

}  // namespace multiaz::rt
