#include "clients/cache_lane.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/core/check.h"
#include "base/core/log.h"
#include "base/rt/sync.h"
#include "base/tls/stream.h"
#include "clients/resolve.h"

namespace multiaz::clients {

// A call lives in the frame of call(), which always waits for its result.
struct CacheLane::Call {
  std::string bytes;
  size_t replies = 0;
  Nanos until = 0;
  bool in_doubt = false;  // it was sent on a connection that was lost
  Replies got;
  std::optional<Result<Replies>> result;
  rt::Wait wait;
};

namespace {

// The error, in the reply or among the results of an EXEC, after which another connection is worth
// a try.
const Reply* find_refusal(const Reply& reply) {
  if (reply.is_error()) {
    return classify_error(reply.text) == ErrorClass::kFinal ? nullptr : &reply;
  }
  for (const Reply& item : reply.items) {
    if (item.is_error() && classify_error(item.text) != ErrorClass::kFinal) return &item;
  }
  return nullptr;
}

}  // namespace

CacheLane::CacheLane(const CacheConfig& config)
    : config_(config),
      sweeper_(std::make_unique<rt::Timer>([this] { sweep(); })),
      breaker_(config.breaker_ms) {}

CacheLane::~CacheLane() {
  CHECK(queue_.empty() && in_flight_.empty());
}

rt::Task<void> CacheLane::run(rt::Stop& stop) {
  const rt::Stop::Ticket ticket = stop.add([this] {
    stopped_ = true;
    if (conn_) conn_->close(Code::kCancelled, "stopping");
  });
  uint64_t backoff_ms = kCacheBackoffFirstMs;
  while (!stopped_) {
    Status over = co_await connect();
    if (over) {
      backoff_ms = kCacheBackoffFirstMs;
      over = co_await read_replies();
    }
    const Nanos now = monotonic_now();
    if (ready_) {
      ++stats_.losses;
      lost_at_ = now;
    }
    // A shortage of descriptors here says nothing about the cache.
    if (over || over.error().code != Code::kExhausted) breaker_.not_connected(now);
    ready_ = false;
    requeue_in_flight();
    conn_.reset();
    if (stopped_) break;
    log::debug("cache connection: " + over.error().text());
    (void)co_await rt::sleep_ms(backoff_ms, stop);
    backoff_ms = std::min(backoff_ms * 2, kCacheBackoffMaxMs);
  }
  stop.remove(ticket);
  sweeper_->stop();
  fail_all();
}

rt::Task<Result<rt::Address>> CacheLane::address() {
  Result<rt::Address> found = co_await resolve(config_.url.host, config_.url.port);
  co_return found;
}

rt::Task<Status> CacheLane::connect() {
  const Result<rt::Address> to = co_await address();
  if (!to) co_return to.error();
  rt::ConnectOptions options;
  options.to = *to;
  options.from = source_for(config_.from, *to);
  options.timeout_ms = config_.connect_ms;
  auto connected = co_await rt::connect_tcp(options);
  if (!connected) co_return connected.error();
  conn_ = std::move(*connected);
  reader_ = std::make_unique<ReplyReader>();
  if (stopped_) co_return Error(Code::kCancelled, "stopping");
  // The connection may not have been accepted yet: during a failover it waits in the backlog.
  if (config_.tls) {
    const Status secure = co_await tls::start(*conn_, config_.tls, config_.connect_ms);
    if (!secure) co_return secure.error();
  }
  conn_->deadline_in_ms(config_.connect_ms);
  const Status welcome = co_await handshake();
  if (!welcome) co_return welcome.error();
  conn_->clear_deadline();
  ready_ = true;
  breaker_.connected();
  ++stats_.connects;
  send_queued();
  co_return Status();
}

rt::Task<Status> CacheLane::handshake() {
  Commands commands;
  if (!config_.url.password.empty()) {
    Command auth = {"AUTH"};
    if (!config_.url.user.empty()) auth.push_back(config_.url.user);
    auth.push_back(config_.url.password);
    commands.push_back(std::move(auth));
  }
  if (config_.url.database != 0) {
    commands.push_back(Command{"SELECT", std::to_string(config_.url.database)});
  }
  // PING proves, even without a password, that a node with the role has accepted the connection.
  commands.push_back(Command{"PING"});
  if (!conn_->send(encode_commands(commands))) co_return conn_->close_reason();
  size_t missing = commands.size();
  while (missing > 0) {
    const Status more = co_await conn_->more();
    if (!more) co_return more.error();
    reader_->feed(conn_->peek());
    conn_->consume(conn_->peek().size());
    while (missing > 0) {
      const auto reply = reader_->next();
      if (!reply) co_return reply.error();
      if (!reply->has_value()) break;
      if ((*reply)->is_error()) {
        const bool refused = classify_error((*reply)->text) == ErrorClass::kFinal;
        if (refused) log::warn("the cache refused the connection: " + (*reply)->text);
        co_return Error(Code::kDenied, (*reply)->text);
      }
      --missing;
    }
  }
  co_return Status();
}

rt::Task<Status> CacheLane::read_replies() {
  while (true) {
    const Status more = co_await conn_->more();
    if (!more) co_return more.error();
    reader_->feed(conn_->peek());
    conn_->consume(conn_->peek().size());
    while (true) {
      auto reply = reader_->next();
      if (!reply) co_return reply.error();
      if (!reply->has_value()) break;
      const Status taken = take(std::move(**reply));
      if (!taken) co_return taken.error();
      if (conn_->closed()) co_return conn_->close_reason();
    }
  }
}

// Takes one reply of the call at the front. An error ends the connection and not the call.
Status CacheLane::take(Reply reply) {
  if (in_flight_.empty()) return Error(Code::kCorrupt, "the cache sent a reply without a command");
  Slot& front = in_flight_.front();
  const Reply* refusal = find_refusal(reply);
  if (refusal != nullptr) {
    const ErrorClass meaning = classify_error(refusal->text);
    const bool last = front.replies_left == 1 && reply.is_error();
    if (front.call && meaning == ErrorClass::kMoved && last) {
      // The last answer decides (that of EXEC, or of a single command): this call was certainly
      // refused.
      Call* refused = front.call;
      in_flight_.pop_front();
      requeue_in_flight();
      queue_.push_front(refused);
      refused->got.clear();
    }
    return Error(Code::kUnavailable, "cache: " + refusal->text);
  }
  if (front.call) front.call->got.push_back(std::move(reply));
  if (--front.replies_left == 0) return finish_front();
  return Status();
}

Status CacheLane::finish_front() {
  Call* call = in_flight_.front().call;
  in_flight_.pop_front();
  breaker_.answered();
  if (call) finish(*call, std::move(call->got));
  return Status();
}

void CacheLane::requeue_in_flight() {
  while (!in_flight_.empty()) {
    Call* call = in_flight_.back().call;
    in_flight_.pop_back();
    if (!call) continue;
    call->in_doubt = true;
    call->got.clear();
    queue_.push_front(call);
    ++stats_.resent;
  }
}

void CacheLane::send_queued() {
  while (ready_ && !queue_.empty()) {
    Call* call = queue_.front();
    queue_.pop_front();
    send(*call);
  }
}

void CacheLane::send(Call& call) {
  Slot slot;
  slot.call = &call;
  slot.replies_left = call.replies;
  slot.sent_at = monotonic_now();
  in_flight_.push_back(slot);
  (void)conn_->send(call.bytes);  // false when closed; run() then puts the call back
}

rt::Task<Result<Replies>> CacheLane::call(Commands commands, Nanos until) {
  if (stopped_) co_return Error(Code::kUnavailable, "stopping");
  if (queue_.size() + in_flight_.size() >= kCacheCallsMax) {
    co_return Error(Code::kLimit, "too many cache commands wait");
  }
  if (!breaker_.admit(monotonic_now())) {
    ++stats_.refused;
    co_return Error(Code::kUnavailable, "the cache has been unreachable for long: not tried");
  }
  Call call;
  call.bytes = encode_commands(commands);
  call.replies = commands.size();
  call.until = until;
  ++stats_.commands;
  if (ready_ && queue_.empty()) {
    send(call);
  } else {
    queue_.push_back(&call);
  }
  if (!sweeper_->active()) sweeper_->start(kCacheSweepMs, kCacheSweepMs);
  while (!call.result) co_await call.wait;
  co_return std::move(*call.result);
}

void CacheLane::drop(std::string_view why) {
  if (conn_) conn_->close(Code::kClosed, why);
}

Error CacheLane::expiry_error(const Call& call) {
  if (call.in_doubt) return Error(Code::kTimeout, "the cache did not answer; outcome in doubt");
  return Error(Code::kUnavailable, "the cache is away");
}

void CacheLane::sweep() {
  const Nanos now = monotonic_now();
  std::vector<Call*> late;
  for (Slot& slot : in_flight_) {
    if (!slot.call || now < slot.call->until) continue;
    slot.call->in_doubt = true;
    late.push_back(std::exchange(slot.call, nullptr));
  }
  std::erase_if(queue_, [&](Call* call) {
    if (now < call->until) return false;
    late.push_back(call);
    return true;
  });
  if (!in_flight_.empty() && now > in_flight_.front().sent_at + config_.command_ms * kMillisecond) {
    breaker_.not_answered(now);
    drop("no answer in time");
  }
  if (queue_.empty() && in_flight_.empty()) sweeper_->stop();
  stats_.expired += late.size();
  for (Call* call : late) finish(*call, expiry_error(*call));
}

void CacheLane::fail_all() {
  requeue_in_flight();
  const std::vector<Call*> waiting(queue_.begin(), queue_.end());
  queue_.clear();
  for (Call* call : waiting) finish(*call, expiry_error(*call));
}

// Resumes the caller, so the call must not be touched afterwards.
void CacheLane::finish(Call& call, Result<Replies> result) {
  call.result.emplace(std::move(result));
  call.wait.wake();
}

}  // namespace multiaz::clients
