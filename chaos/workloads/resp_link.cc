#include "chaos/workloads/resp_link.h"

#include <utility>

#include "base/rt/address.h"
#include "base/tls/stream.h"
#include "clients/cache_trust.h"

namespace multiaz::chaos {

rt::Task<Result<clients::Reply>> RespLink::receive() {
  while (true) {
    auto reply = reader_->next();
    if (!reply) co_return reply.error();
    if (reply->has_value()) co_return std::move(**reply);
    const Status more = co_await conn_->more();
    if (!more) co_return more.error();
    const std::string_view bytes = conn_->peek();
    reader_->feed(bytes);
    conn_->consume(bytes.size());
  }
}

rt::Task<Status> RespLink::connect(uint64_t timeout_ms) {
  const auto url = clients::parse_cache_url(url_);
  if (!url) co_return url.error();
  const auto to = rt::parse_address(url->host, url->port);
  if (!to) co_return to.error();
  rt::ConnectOptions options;
  options.to = *to;
  options.timeout_ms = timeout_ms;
  auto connected = co_await rt::connect_tcp(options);
  if (!connected) co_return connected.error();
  conn_ = std::move(*connected);
  reader_ = std::make_unique<clients::ReplyReader>();
  auto trust = clients::cache_trust(*url);
  if (!trust) co_return trust.error();
  if (*trust) {
    const Status secure = co_await tls::start(*conn_, std::move(*trust), timeout_ms);
    if (!secure) co_return secure.error();
  }
  conn_->deadline_in_ms(timeout_ms);
  if (url->password.empty()) co_return Status();
  clients::Command auth = {"AUTH", url->password};
  if (!url->user.empty()) auth.insert(auth.begin() + 1, url->user);
  conn_->send(clients::encode_commands({auth}));
  const auto reply = co_await receive();
  Status done;
  if (!reply) done = reply.error();
  if (reply && reply->is_error()) done = Error(Code::kDenied, reply->text);
  if (!done) conn_.reset();
  co_return done;
}

rt::Task<RespAnswer> RespLink::call(clients::Command command, uint64_t timeout_ms) {
  RespAnswer answer;
  if (!conn_ || conn_->closed() || conn_->at_eof()) {
    const Status connected = co_await connect(timeout_ms);
    if (!connected) {
      answer.text = connected.error().text();
      co_return answer;
    }
  }
  conn_->deadline_in_ms(timeout_ms);
  const bool sent = conn_->send(clients::encode_commands({command}));
  auto reply = co_await receive();
  if (!reply) {
    answer.end = sent ? Operation::End::kInfo : Operation::End::kFail;
    answer.text = reply.error().text();
    conn_.reset();
    co_return answer;
  }
  conn_->clear_deadline();
  answer.reply = std::move(*reply);
  answer.end = Operation::End::kOk;
  if (!answer.reply.is_error()) co_return answer;
  answer.text = answer.reply.text;
  const bool doubt = clients::classify_error(answer.text) == clients::ErrorClass::kInDoubt;
  answer.end = doubt ? Operation::End::kInfo : Operation::End::kFail;
  conn_.reset();  // the member that gave an error may not be the primary any more
  co_return answer;
}

}  // namespace multiaz::chaos
