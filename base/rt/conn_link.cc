#include "base/rt/conn_link.h"

#include <algorithm>
#include <utility>

#include "base/core/random.h"

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

LinkWay::Fate LinkWay::judge_on_bad_link(size_t bytes) {
  if (link_.drop) {
    fabric().bites().bytes_dropped += bytes;
    lost_ = true;
    return Fate::kLost;
  }
  return dice().below(100) < link_.reset_percent ? Fate::kReset : Fate::kPasses;
}

Nanos LinkWay::arrival(size_t bytes) {
  const Nanos now = monotonic_now();
  Nanos sent = now;
  if (link_.kbit_per_s > 0) {
    line_free_at_ = std::max(line_free_at_, now) + bytes * 8 * kMillisecond / link_.kbit_per_s;
    sent = line_free_at_;
  }
  return sent + (link_.delay_ms + jitter_ms(link_.jitter_ms)) * kMillisecond;
}

void ConnLink::watch(std::function<void()> on_change) {
  ticket_ = fabric().watch(std::move(on_change));
  watched_ = true;
}

void ConnLink::unwatch() {
  if (watched_) fabric().unwatch(ticket_);
  watched_ = false;
}

void ConnLink::refresh(Address local, Address peer) {
  const uint32_t own = fabric().own(local.ip);
  both_ways_ = own != local.ip;
  out.set(fabric().link(own, peer.ip));
  in.set(fabric().link(peer.ip, own));
}

}  // namespace multiaz::rt
