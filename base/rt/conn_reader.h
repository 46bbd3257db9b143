// ConnReader: the reading side of a connection: from the kernel, over the way in that the fabric
// may delay, into the input.
#pragma once

#include <uv.h>

#include <string_view>

#include "base/rt/conn_input.h"
#include "base/rt/conn_timer.h"
#include "base/rt/delayed_bytes.h"
#include "base/rt/wait.h"

namespace multiaz::rt {

class ConnReader {
 public:
  explicit ConnReader(Conn::State& conn) : conn_(conn), delay_(conn) {}

  // Begins to read when the room in the input and the link allow it.
  void resume();
  // The link has changed: what is under way may arrive now.
  void link_changed();
  // Takes all that has arrived at this machine, before a failed connection is closed.
  void take_rest();
  void close() { delay_.close(); }

  ConnInput input;
  Wait wait;

 private:
  bool may_read() const;
  void pass_on(std::string_view bytes);
  void pass_on_end();
  void start();
  void stop();
  void on_read(ssize_t count, const char* bytes);
  void take_in(std::string_view bytes);
  void take_in_end();
  void arm();
  void deliver_due();

  Conn::State& conn_;
  bool reading_ = false;
  DelayedBytes way_in_;         // of a connection that delays both ways
  bool end_on_way_in_ = false;  // the peer has ended its side behind these bytes
  ConnTimer delay_;
};

}  // namespace multiaz::rt
