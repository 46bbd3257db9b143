#include "cachenode/session_loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/core/clock.h"
#include "base/tls/stream.h"
#include "cachenode/limits.h"

namespace multiaz::cachenode {

SessionLoop::SessionLoop(const Settings& settings, Database& db, const Machine& machine,
                         Dispatcher& dispatcher, Runner& runner, const Access& access,
                         const GroupView& group, Connections& connections, Stats& stats)
    : settings_(settings),
      db_(db),
      machine_(machine),
      dispatcher_(dispatcher),
      runner_(runner),
      access_(access),
      group_(group),
      connections_(connections),
      stats_(stats) {}

rt::Task<void> SessionLoop::serve(rt::ListenerKind listener, std::unique_ptr<rt::Conn> conn) {
  Session session(listener, std::move(conn));
  Client& client = session.client;
  client.peer = session.conn->peer().text();
  client.local = session.conn->local().text();
  client.authenticated = settings_.password.empty();
  client.since_ms = client.active_ms = wall_now_ms();
  if (client.authenticated) session.decoder.set_limits(kClientLimits);
  connections_.add(session);
  if (settings_.tls) (void)co_await tls::start(*session.conn, settings_.tls, kHandshakeMs);
  while (!session.conn->closed()) {
    const Status more = co_await session.conn->more();
    if (!more) break;
    if (session.ending)
      session.conn->consume(session.conn->peek().size());
    else if (run_batch(session))
      co_await carry_on(session);
  }
  co_await drain_and_close(session);
  dispatcher_.forget(client);
  connections_.remove(session);
}

rt::Task<void> SessionLoop::carry_on(Session& session) {
  do {
    if (session.client.wait) co_await answer_wait(session);
    if (over_high_water(session)) co_await wait_for_drain(session);
    if (session.over()) co_return;
    co_await rt::yield();
  } while (run_batch(session));
}

bool SessionLoop::run_batch(Session& session) {
  if (session.over()) return false;
  db_.set_now_ms(wall_now_ms());
  const std::string_view input = session.conn->peek();
  const BatchResult result =
      runner_.run(session.client, session.decoder, input, access_.permissions(session.listener));
  const size_t left = input.size() - result.consumed;
  stats_.input_bytes += result.consumed;
  session.conn->consume(result.consumed);
  connections_.deliver(session, machine_.settled(), runner_.replies(), runner_.spans());
  session.decoder.set_limits(session.client.authenticated ? kClientLimits
                                                          : wire::resp::kUnauthenticatedLimits);
  if (result.close) {
    if (session.outbox.empty())
      session.end();
    else
      session.client.close_after_reply = true;  // the last replies still wait for a commit
    return !session.over();
  }
  if (result.bytes_wanted > 0) want_input(session, left + result.bytes_wanted);
  return session.client.wait || over_high_water(session) || (left > 0 && result.bytes_wanted == 0);
}

// A big command needs a bigger input buffer while it arrives; the decoder bounds it.
void SessionLoop::want_input(Session& session, size_t bytes) {
  constexpr size_t kSlackBytes = 64u << 10;
  const size_t bound = kClientLimits.command_bytes + kSlackBytes;
  session.conn->set_input_max(std::clamp(bytes + kSlackBytes, rt::kInputBytesMax, bound));
}

bool SessionLoop::over_high_water(const Session& session) const {
  return session.client.close_after_reply ||
         session.conn->pending_bytes() > rt::kPendingBytesHigh ||
         session.outbox.bytes() > kHeldBytesMax ||
         db_.journal().held_bytes() > kUncommittedBytesMax;
}

// Waits until the client has taken its replies and the group has committed enough of its writes.
rt::Task<void> SessionLoop::wait_for_drain(Session& session) {
  if (session.conn->pending_bytes() > rt::kPendingBytesHigh) {
    session.conn->deadline_in_ms(kSlowReaderMs);
    const Status taken = co_await session.conn->write("");
    if (taken && !session.ending) session.conn->clear_deadline();
  }
  while (!session.over() && (session.outbox.bytes() > kHeldBytesMax ||
                             (session.client.close_after_reply && !session.outbox.empty()) ||
                             db_.journal().held_bytes() > kUncommittedBytesMax)) {
    co_await connections_.moved().wait(kCronMs);
  }
  if (session.client.close_after_reply) session.end();
}

rt::Task<void> SessionLoop::answer_wait(Session& session) {
  const WaitRequest wanted = *session.client.wait;
  session.client.wait.reset();
  const Nanos begin = monotonic_now();
  size_t have = group_.replicas_with(session.client.last_write);
  while (static_cast<int64_t>(have) < wanted.replicas && !session.over() &&
         !session.conn->at_eof()) {
    const auto waited_ms = static_cast<int64_t>((monotonic_now() - begin) / kMillisecond);
    if (wanted.timeout_ms > 0 && waited_ms >= wanted.timeout_ms) break;
    co_await connections_.moved().wait(kWaitPollMs);
    have = group_.replicas_with(session.client.last_write);
  }
  if (session.over()) co_return;
  std::string reply;
  if (session.client.reply_mode == ReplyMode::kOn) {
    wire::resp::ReplyWriter(reply, session.client.resp).integer(static_cast<int64_t>(have));
  }
  std::vector<ReplySpan> spans(1);
  spans[0].end = reply.size();
  spans[0].replies = 1;
  connections_.deliver(session, machine_.settled(), reply, spans);
}

// The peer has ended its side, or the connection is closed: sends the remaining replies.
rt::Task<void> SessionLoop::drain_and_close(Session& session) {
  const Nanos limit = monotonic_now() + kCloseDrainMs * kMillisecond;
  while (!session.over() && !session.outbox.empty() && monotonic_now() < limit) {
    co_await connections_.moved().wait(kCronMs);
  }
  if (session.conn->closed()) co_return;
  session.conn->deadline_in_ms(kCloseDrainMs);
  const Status drained = co_await session.conn->drained();
  (void)drained;
}

}  // namespace multiaz::cachenode
