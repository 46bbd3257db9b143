// The libuv side of Conn: it lives until the stream, its timers and its Conn have all released it.
#pragma once

#include <uv.h>

#include <deque>
#include <string>
#include <string_view>

#include "base/core/clock.h"
#include "base/rt/conn.h"
#include "base/rt/fabric.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

// Whether the fabric resets the connection because of bytes that are sent over `link` now.
bool unlucky(const LinkState& link);
// When bytes that are sent over `link` now reach the other side. `line_free_at` is that of this
// direction.
Nanos arrival(const LinkState& link, size_t bytes, Nanos& line_free_at);

struct Conn::State {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };

  explicit State(bool is_tcp);
  ~State();

  // --- life ---
  void ref() { ++refs; }
  void unref();
  void close(Code code, std::string_view why);
  void wake_all_later();
  uv_timer_t* open_timer();
  // called once connected or accepted: sets addresses, asks the fabric, starts reading
  void opened();

  // --- reading ---
  void start_reading();
  void stop_reading();
  void on_read(ssize_t count, const char* bytes);
  bool may_read() const;

  // --- the way in, where the other end cannot know which instance it meets (conn_link.cc) ---
  void take_in(std::string_view bytes);
  void take_in_end();
  void arm_way_in();
  void deliver_due();

  // --- writing ---
  bool send(std::string_view data);
  void queue(std::string_view data, Nanos due);
  void reset();
  void flush();
  void on_written(int status);
  void break_off(int status);
  void maybe_shutdown();

  void refresh_link();  // the fabric changed
  void arm_deadline(uint64_t ms);
  void arm_progress(uint64_t ms);
  void look_for_progress();
  [[nodiscard]] uint64_t arrived_bytes() const;
  [[nodiscard]] size_t unwritten_bytes() const;  // bytes that the kernel has not taken
  void make_close_a_reset();

  struct Chunk {
    Nanos due = 0;  // when it may be written (delayed links); 0 for now
    std::string bytes;
  };

  bool is_tcp;
  int refs = 1;  // held by the Conn, the stream, each timer and deferred wake-ups
  bool closing = false;
  Error reason{Code::kOk};

  std::string input;
  size_t input_used = 0;
  size_t input_max = kInputBytesMax;
  bool unseen = false;
  bool eof = false;
  bool reading = false;
  Wait read_wait;

  std::deque<Chunk> out;
  size_t out_bytes = 0;
  std::string flying;  // handed to the kernel
  bool writing = false;
  bool shutdown_wanted = false;
  bool shutdown_sent = false;
  Wait drain_wait;
  uv_write_t write_request;
  uv_shutdown_t shutdown_request;

  uv_connect_t connect_request;
  bool connect_done = false;
  int connect_status = 0;

  uv_timer_t* deadline = nullptr;
  uint64_t progress_ms = 0;    // the longest allowed time between two bytes that arrive
  uint64_t arrived_until = 0;  // arrived_bytes() at the last progress
  Nanos progress_at = 0;
  uint64_t sent_bytes = 0;  // all bytes that send() took
  uv_timer_t* delay = nullptr;

  Address local, peer;
  LinkState link_out, link_in;
  bool lost_bytes = false;  // a black hole has swallowed some, so this stream cannot go on
  Nanos line_free_at = 0;   // for a link with little bandwidth
  bool both_ways = false;   // accepted on a virtual endpoint: this end also delays what comes in
  std::deque<Chunk> way_in;
  size_t way_in_bytes = 0;
  bool end_on_way_in = false;  // the peer has ended its side behind these bytes
  bool lost_in = false;        // a black hole has swallowed some of the peer's bytes
  Nanos line_in_free_at = 0;
  uv_timer_t* delay_in = nullptr;
  bool watched = false;
  Fabric::Ticket ticket;
};

}  // namespace multiaz::rt
