// Effects of the fabric on a connection beside holding its bytes: late arrival, losses, resets.
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

bool unlucky(const LinkState& link) {
  return link.reset_percent > 0 && dice().below(100) < link.reset_percent;
}

Nanos arrival(const LinkState& link, size_t bytes, Nanos& line_free_at) {
  const Nanos now = monotonic_now();
  Nanos sent = now;
  if (link.kbit_per_s > 0) {
    line_free_at = std::max(line_free_at, now) + bytes * 8 * kMillisecond / link.kbit_per_s;
    sent = line_free_at;
  }
  return sent + (link.delay_ms + jitter_ms(link.jitter_ms)) * kMillisecond;
}

// Resets the connection as the kernel of a dead peer would.
void Conn::State::reset() {
  ++fabric().bites().resets;
  make_close_a_reset();
  close(Code::kClosed, "connection reset by the network (a fault)");
}

void Conn::State::refresh_link() {
  if (closing) return;
  const uint32_t own = fabric().own(local.ip);
  both_ways = own != local.ip;
  link_out = fabric().link(own, peer.ip);
  link_in = fabric().link(peer.ip, own);
  if ((lost_bytes && !link_out.drop) || (lost_in && !link_in.drop)) {
    reset();
    return;
  }
  if (may_read())
    start_reading();
  else
    stop_reading();
  if (!way_in.empty()) arm_way_in();
  flush();
}

// --- the way in ---
//
// Each end delays, paces and resets what it sends. A client of a virtual endpoint cannot: rules are
// about instances, and it does not know which instance accepts. So the accepting one does it for
// both directions.

void Conn::State::take_in(std::string_view bytes) {
  if (both_ways && link_in.drop) {
    fabric().bites().bytes_dropped += bytes.size();
    lost_in = true;
    return;
  }
  if (both_ways && unlucky(link_in)) return reset();
  const bool slow = both_ways && link_in.slow();
  if (!slow && way_in.empty()) {
    input.append(bytes);
    unseen = true;
    return;
  }
  if (slow) fabric().bites().bytes_delayed += bytes.size();
  Chunk chunk;
  chunk.due = slow ? arrival(link_in, bytes.size(), line_in_free_at) : 0;
  // bytes never overtake each other
  if (!way_in.empty()) chunk.due = std::max(chunk.due, way_in.back().due);
  chunk.bytes = std::string(bytes);
  way_in_bytes += bytes.size();
  way_in.push_back(std::move(chunk));
  arm_way_in();
}

void Conn::State::take_in_end() {
  if (both_ways && link_in.drop) {
    lost_in = end_on_way_in = true;  // the bytes never arrive; a reset arrives instead
    return;
  }
  if (way_in.empty() && !(both_ways && link_in.slow())) {
    eof = true;
    return;
  }
  end_on_way_in = true;
  take_in({});  // when a byte would arrive
}

void Conn::State::arm_way_in() {
  if (closing || link_in.cut) return;
  const Nanos now = monotonic_now(), due = way_in.front().due;
  if (!delay_in) delay_in = open_timer();
  uv_update_time(uv_loop_raw());
  uv_timer_start(
      delay_in, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->deliver_due(); },
      due <= now ? 0 : (due - now) / kMillisecond + 1, 0);
}

void Conn::State::deliver_due() {
  if (closing || link_in.cut) return;
  const Nanos now = monotonic_now();
  while (!way_in.empty() && way_in.front().due <= now) {
    const std::string bytes = std::move(way_in.front().bytes);
    way_in.pop_front();
    way_in_bytes -= bytes.size();
    input.append(bytes);
    unseen = unseen || !bytes.empty();
  }
  if (way_in.empty()) {
    eof = eof || end_on_way_in;
  } else {
    arm_way_in();
  }
  if (unseen || eof) read_wait.wake();  // the last act: the waiter may destroy this object
}

}  // namespace multiaz::rt
