#include "webnode/shop/session.h"

namespace multiaz::webnode {

namespace {

constexpr uint64_t kGlanceMs = 150;

}  // namespace

rt::Task<Glance> glance(Shop& shop, SessionAt& at) {
  Glance seen;
  if (!shop.sessions->up()) co_return seen;
  const Nanos until = monotonic_now() + kGlanceMs * kMillisecond;
  const Result<GlanceFacts> facts = co_await shop.sessions->glance(at, until);
  if (!facts) co_return seen;
  seen.known = true;
  seen.user = facts->user;
  seen.cart_lines = facts->lines;
  co_return seen;
}

}  // namespace multiaz::webnode
