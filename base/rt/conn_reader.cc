#include "base/rt/conn_reader.h"

#include <sys/socket.h>

#include <string>

#include "base/rt/conn_state.h"

namespace multiaz::rt {

namespace {

// libuv reads one stream at a time into this; on_read copies it out at once.
char g_read_buffer[kReadChunkBytes];

}  // namespace

bool ConnReader::may_read() const {
  return !conn_.closing && !input.ended() && !end_on_way_in_ && !conn_.link.in.cut() &&
         input.has_room(way_in_.bytes());
}

void ConnReader::start() {
  if (reading_) return;
  const int started = uv_read_start(
      &conn_.stream,
      [](uv_handle_t*, size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(g_read_buffer, sizeof g_read_buffer);
      },
      [](uv_stream_t* from, ssize_t count, const uv_buf_t* buffer) {
        static_cast<Conn::State*>(from->data)->reader.on_read(count, buffer->base);
      });
  reading_ = started == 0;
}

void ConnReader::stop() {
  if (reading_) uv_read_stop(&conn_.stream);
  reading_ = false;
}

void ConnReader::resume() {
  if (!reading_ && may_read()) start();
}

void ConnReader::on_read(ssize_t count, const char* bytes) {
  if (count == 0) return;
  if (count == UV_EOF) {
    take_in_end();
    stop();
  } else if (count < 0) {
    conn_.close(Code::kClosed, uv_strerror(static_cast<int>(count)));
    return;
  } else {
    take_in(std::string_view(bytes, static_cast<size_t>(count)));
    if (!may_read()) stop();
  }
  // the last act: the reader may destroy the Conn
  if (input.unseen() || input.ended() || conn_.layer) wait.wake();
}

void ConnReader::take_in(std::string_view bytes) {
  ConnLink& link = conn_.link;
  if (link.both_ways()) {
    const LinkWay::Fate fate = link.in.judge(bytes.size());
    if (fate == LinkWay::Fate::kLost) return;
    if (fate == LinkWay::Fate::kReset) return conn_.reset();
  }
  const bool slow = link.both_ways() && link.in.slow();
  if (!slow && way_in_.empty()) return pass_on(bytes);
  if (slow) fabric().bites().bytes_delayed += bytes.size();
  way_in_.push(bytes, slow ? link.in.arrival(bytes.size()) : 0);
  arm();
}

void ConnReader::take_in_end() {
  ConnLink& link = conn_.link;
  if (link.both_ways() && link.in.drops()) {
    link.in.lose();  // the bytes never arrive; a reset arrives instead
    end_on_way_in_ = true;
    return;
  }
  if (way_in_.empty() && !(link.both_ways() && link.in.slow())) {
    return pass_on_end();
  }
  end_on_way_in_ = true;
  take_in({});  // when a byte would arrive
}

void ConnReader::link_changed() {
  if (may_read())
    start();
  else
    stop();
  if (!way_in_.empty()) arm();
}

void ConnReader::arm() {
  if (conn_.closing || conn_.link.in.cut()) return;
  const Nanos now = monotonic_now(), due = way_in_.due();
  delay_.start(due <= now ? 0 : (due - now) / kMillisecond + 1, 0,
               [](Conn::State& conn) { conn.reader.deliver_due(); });
}

void ConnReader::deliver_due() {
  if (conn_.closing || conn_.link.in.cut()) return;
  const Nanos now = monotonic_now();
  while (!way_in_.empty() && way_in_.due() <= now) pass_on(way_in_.take());
  if (way_in_.empty()) {
    if (end_on_way_in_) pass_on_end();
  } else {
    arm();
  }
  // the last act: the waiter may destroy this object
  if (input.unseen() || input.ended() || conn_.layer) wait.wake();
}

void ConnReader::pass_on(std::string_view bytes) {
  if (conn_.layer) {
    conn_.layer->arrived(bytes);
  } else {
    input.append(bytes);
  }
}

void ConnReader::pass_on_end() {
  if (conn_.layer) {
    conn_.layer->wire_ended();
  } else {
    input.end();
  }
}

void ConnReader::take_rest() {
  const auto take = [this](std::string_view bytes) {
    if (conn_.layer) {
      conn_.layer->arrived_last(bytes);
    } else {
      input.append(bytes);
    }
  };
  while (!way_in_.empty()) take(way_in_.take());
  uv_os_fd_t fd = -1;
  if (!may_read() || uv_fileno(&conn_.handle, &fd) != 0) return;
  char piece[4096];
  while (input.has_room(0)) {
    const ssize_t got = ::recv(fd, piece, sizeof piece, MSG_DONTWAIT);
    if (got <= 0) break;
    take(std::string_view(piece, static_cast<size_t>(got)));
  }
}

}  // namespace multiaz::rt
