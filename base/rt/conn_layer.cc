#include "base/rt/conn_layer.h"

#include <algorithm>
#include <string>

#include "base/rt/conn_state.h"

namespace multiaz::rt {

namespace {

constexpr size_t kPieceBytes = 64 << 10;     // of plain bytes that are turned at a time
constexpr size_t kKeepBytesMax = 256 << 10;  // the capacity that these two may keep

// One connection at a time turns its bytes here, so that an idle one needs no memory for it.
std::string g_plain, g_wire;

void empty(std::string& bytes) {
  bytes.clear();
  if (bytes.capacity() > kKeepBytesMax) bytes.shrink_to_fit();
}

}  // namespace

void ConnLayer::start() {
  stream_->start(g_wire);
  pass_on_wire();
  const std::string early(conn_.reader.input.peek());
  conn_.reader.input.consume(early.size());
  const bool ended = conn_.reader.input.ended();
  if (!early.empty() && !conn_.closing) arrived(early);
  if (ended && !conn_.closing) wire_ended();
}

void ConnLayer::pass_on_wire() {
  if (!g_wire.empty()) conn_.writer.send(g_wire);
  empty(g_wire);
}

Status ConnLayer::take_in(std::string_view bytes) {
  if (failed_ || stream_->peer_ended()) return Status();
  Status taken = stream_->take_in(bytes, g_plain, g_wire);
  failed_ = !taken;
  conn_.reader.input.append(g_plain);
  empty(g_plain);
  if (stream_->peer_ended()) conn_.reader.input.end();
  return taken;
}

void ConnLayer::arrived(std::string_view bytes) {
  const Status taken = take_in(bytes);
  pass_on_wire();
  if (!taken) conn_.close(taken.error().code, taken.error().detail);
}

void ConnLayer::arrived_last(std::string_view bytes) {
  (void)take_in(bytes);
  empty(g_wire);
}

void ConnLayer::wire_ended() {
  if (stream_->peer_ended()) return;
  conn_.close(Code::kClosed, established()
                                 ? "the peer ended the stream without saying so (no close_notify): "
                                   "it may have been cut short"
                                 : "the peer left during the TLS handshake");
}

bool ConnLayer::send(std::string_view plain) {
  if (conn_.closing || ended_ || failed_ || !established()) return false;
  while (!plain.empty()) {
    const std::string_view piece = plain.substr(0, kPieceBytes);
    plain.remove_prefix(piece.size());
    stream_->write(piece, g_wire);
    const bool sent = conn_.writer.send(g_wire);
    empty(g_wire);
    if (!sent) return false;
  }
  return true;
}

void ConnLayer::end() {
  if (ended_ || failed_ || !established()) return;
  ended_ = true;
  stream_->end(g_wire);
  pass_on_wire();
}

void ConnLayer::end_at_once() {
  if (ended_ || failed_ || !established()) return;
  ended_ = true;
  std::string last;  // g_wire may be in the hands of a write that has just failed
  stream_->end(last);
  conn_.writer.send_with_end(last);
}

}  // namespace multiaz::rt
