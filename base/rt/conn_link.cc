// What the fabric does to a connection beside holding its bytes: when they arrive, and resets.
#include <algorithm>

#include "base/core/random.h"
#include "base/rt/conn_state.h"

namespace multiaz::rt {

namespace {

Random& dice() {
  static Random random(secret_u64());
  return random;
}

uint64_t jitter_ms(uint32_t jitter_ms_max) {
  return jitter_ms_max == 0 ? 0 : dice().below(jitter_ms_max + 1);
}

}  // namespace

bool Conn::State::unlucky() const {
  return dice().below(100) < link_out.reset_percent;
}

// When bytes that are sent now may leave for the other side.
Nanos Conn::State::arrival(size_t bytes) {
  const Nanos now = monotonic_now();
  Nanos sent = now;
  if (link_out.kbit_per_s > 0) {
    line_free_at = std::max(line_free_at, now) + bytes * 8 * kMillisecond / link_out.kbit_per_s;
    sent = line_free_at;
  }
  return sent + (link_out.delay_ms + jitter_ms(link_out.jitter_ms)) * kMillisecond;
}

// As a peer that is gone does it.
void Conn::State::reset() {
  ++fabric().bites().resets;
  make_close_a_reset();
  close(Code::kClosed, "connection reset by the network (a fault)");
}

void Conn::State::refresh_link() {
  if (closing) return;
  const uint32_t own = fabric().own(local.ip);
  link_out = fabric().link(own, peer.ip);
  link_in = fabric().link(peer.ip, own);
  if (lost_bytes && !link_out.drop) {
    reset();
    return;
  }
  if (may_read())
    start_reading();
  else
    stop_reading();
  flush();
}

}  // namespace multiaz::rt
