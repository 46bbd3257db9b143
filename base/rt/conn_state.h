// The libuv side of Conn: it lives until the stream, its timers and its Conn have all released it.
// Its parts are values, each with a state of its own; they know the connection as their owner.
#pragma once

#include <uv.h>

#include <memory>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/conn_deadline.h"
#include "base/rt/conn_layer.h"
#include "base/rt/conn_link.h"
#include "base/rt/conn_reader.h"
#include "base/rt/conn_writer.h"

namespace multiaz::rt {

struct Conn::State {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };

  explicit State(bool is_tcp);
  ~State();

  void ref() { ++refs; }
  void unref();
  // called once connected or accepted: sets addresses, asks the fabric, starts reading
  void opened();
  void refresh_link();  // the fabric changed

  bool send(std::string_view data) { return layer ? layer->send(data) : writer.send(data); }
  void close(Code code, std::string_view why);
  // Resets the connection as the kernel of a dead peer would.
  void reset();
  // Writing has failed.
  void break_off(int status);
  // The peer shall see RST, not FIN.
  void make_close_a_reset();

  struct Connecting {
    uv_connect_t request;
    bool done = false;
    int status = 0;
  };

  const bool is_tcp;
  int refs = 1;  // held by the Conn, the stream, each timer and deferred wake-ups
  bool closing = false;
  Error reason{Code::kOk};
  Connecting connecting;
  Address local, peer;
  ConnLink link;
  ConnReader reader;
  ConnWriter writer;
  ConnDeadline deadline;
  std::unique_ptr<ConnLayer> layer;  // null: the bytes of the wire are the application's

 private:
  void wake_all_later();
  bool to_be_reset_ = false;
};

}  // namespace multiaz::rt
