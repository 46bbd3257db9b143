#include "base/rt/conn_writer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "base/rt/conn_state.h"

namespace multiaz::rt {

bool ConnWriter::send(std::string_view data) {
  if (conn_.closing || shutdown_wanted_) return false;
  if (data.empty()) return true;
  sent_bytes_ += data.size();
  LinkWay& link = conn_.link.out;
  const LinkWay::Fate fate = link.judge(data.size());
  if (fate == LinkWay::Fate::kLost) return true;
  if (fate == LinkWay::Fate::kReset) {
    conn_.reset();
    return false;
  }
  const bool slow = link.slow();
  if (link.cut()) fabric().bites().bytes_held += data.size();
  if (slow) fabric().bites().bytes_delayed += data.size();
  if (out_.empty() && !writing_ && !link.cut() && !slow) {
    uv_buf_t buffer =
        uv_buf_init(const_cast<char*>(data.data()), static_cast<unsigned>(data.size()));
    const int taken = uv_try_write(&conn_.stream, &buffer, 1);
    if (taken > 0) data.remove_prefix(static_cast<size_t>(taken));
    if (taken < 0 && taken != UV_EAGAIN) {
      conn_.break_off(taken);
      return false;
    }
    if (data.empty()) return true;
  }
  out_.push(data, slow ? link.arrival(data.size()) : 0);
  flush();
  return !conn_.closing;
}

void ConnWriter::flush() {
  if (conn_.closing || writing_ || out_.empty() || conn_.link.out.cut()) return;
  const Nanos due = out_.due();
  if (due != 0) {
    const Nanos now = monotonic_now();
    if (due > now) {
      delay_.start((due - now) / kMillisecond + 1, 0,
                   [](Conn::State& conn) { conn.writer.flush(); });
      return;
    }
  }
  flying_ = out_.take();
  writing_ = true;
  uv_buf_t buffer = uv_buf_init(flying_.data(), static_cast<unsigned>(flying_.size()));
  const int queued =
      uv_write(&write_request_, &conn_.stream, &buffer, 1, [](uv_write_t* request, int status) {
        static_cast<Conn::State*>(request->handle->data)->writer.on_written(status);
      });
  if (queued < 0) {
    writing_ = false;
    conn_.close(Code::kClosed, uv_strerror(queued));
  }
}

void ConnWriter::on_written(int status) {
  writing_ = false;
  flying_.clear();
  flying_.shrink_to_fit();
  if (conn_.closing) return;
  if (status < 0) {
    conn_.break_off(status);
    return;
  }
  flush();
  maybe_shut_down();
  if (!conn_.closing && pending_bytes() <= kPendingBytesHigh / 2 && drained.waiting()) {
    drained.wake();
  }
}

void ConnWriter::send_with_end(std::string_view bytes) {
  uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  uv_try_write(&conn_.stream, &buffer, 1);
}

void ConnWriter::shut_down() {
  shutdown_wanted_ = true;
  maybe_shut_down();
}

void ConnWriter::maybe_shut_down() {
  if (conn_.closing || shutdown_sent_ || !shutdown_wanted_ || writing_ || !out_.empty()) return;
  shutdown_sent_ = true;
  uv_shutdown(&shutdown_request_, &conn_.stream, [](uv_shutdown_t*, int) {});
}

size_t ConnWriter::unwritten_bytes() const {
  const size_t written =
      writing_ ? flying_.size() - uv_stream_get_write_queue_size(&conn_.stream) : 0;
  return pending_bytes() - written;
}

uint64_t ConnWriter::arrived_bytes() const {
  int in_kernel = 0;
  uv_os_fd_t fd = -1;
  if (conn_.is_tcp && uv_fileno(&conn_.handle, &fd) == 0) ioctl(fd, SIOCOUTQ, &in_kernel);
  return sent_bytes_ - unwritten_bytes() - static_cast<uint64_t>(in_kernel);
}

bool ConnWriter::held_back(Nanos now) const {
  return !out_.empty() && out_.due() > now && !conn_.link.out.cut();
}

}  // namespace multiaz::rt
