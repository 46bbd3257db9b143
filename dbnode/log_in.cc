#include "dbnode/log_in.h"

#include <string_view>
#include <utility>
#include <variant>

#include "base/core/random.h"
#include "base/tls/stream.h"
#include "dbnode/client.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

namespace {

constexpr int kEncryptionRequestsMax = 4;

}  // namespace

bool LogIn::refuse(const Report& report) {
  std::string out;
  BackendWriter(out).error(report);
  (void)conn_.send(out);
  return false;
}

Task<Result<Startup>> LogIn::read_startup() {
  int encryption_requests = 0;
  while (true) {
    auto decoded = decode_startup(conn_.peek());
    if (!decoded) co_return decoded.error();
    if (!*decoded) {
      const Status more = co_await conn_.more();
      if (!more) co_return more.error();
      continue;
    }
    const Startup startup = **decoded;
    conn_.consume(startup.consumed);
    if (std::holds_alternative<StartupMessage>(startup.packet) ||
        std::holds_alternative<CancelRequest>(startup.packet)) {
      co_return startup;
    }
    if (tls_ && !conn_.layer() && std::holds_alternative<SslRequest>(startup.packet)) {
      const Status secure = co_await start_tls();
      if (!secure) co_return secure.error();
      continue;
    }
    if (++encryption_requests > kEncryptionRequestsMax) co_return Error(Code::kInvalid);
    (void)conn_.send("N");
  }
}

// What lies behind the request was sent without protection, so it could be an attacker's: it must
// not be taken for the client's (CVE-2021-23214).
Task<Status> LogIn::start_tls() {
  if (!conn_.peek().empty()) {
    co_return Error(Code::kInvalid, "received unencrypted data after SSL request");
  }
  (void)conn_.send("S");
  const Status secure = co_await tls::start(conn_, tls_, kStartupMs);
  if (secure) conn_.deadline_in_ms(kStartupMs);
  co_return secure;
}

Task<Result<FrontendMessage>> LogIn::read_message() {
  while (true) {
    auto decoded = decode_frontend(conn_.peek(), kUnauthenticatedBytesMax);
    if (!decoded) co_return decoded.error();
    if (*decoded) {
      FrontendMessage message = std::move((*decoded)->message);
      conn_.consume((*decoded)->consumed);
      co_return message;
    }
    const Status more = co_await conn_.more();
    if (!more) co_return more.error();
  }
}

Task<Result<std::string>> LogIn::scram_answer() {
  auto message = co_await read_message();
  if (!message) co_return message.error();
  const auto* password = std::get_if<PasswordData>(&*message);
  if (!password) co_return Error(Code::kInvalid, "expected SASL response");
  co_return password->body;
}

Task<Failure> LogIn::authenticate(std::string user, wire::ScramVerifier verifier) {
  std::string out;
  BackendWriter writer(out);
  const std::string_view mechanisms[] = {wire::kScramMechanism};
  writer.authentication_sasl(mechanisms);
  (void)conn_.send(out);

  auto body = co_await scram_answer();
  if (!body) co_return make_fatal("08P01", body.error().detail);
  PasswordData data;
  data.body = std::move(*body);
  const auto initial = read_sasl_initial(data);
  if (!initial || initial->mechanism != wire::kScramMechanism || !initial->response) {
    co_return make_fatal("08P01", "client selected an invalid SASL authentication mechanism");
  }
  wire::ScramServer scram(std::move(verifier), secret_hex(12));
  const auto first = scram.on_first(*initial->response);
  if (!first) co_return make_fatal("08P01", "malformed SCRAM message");
  out.clear();
  writer.authentication_sasl_continue(*first);
  (void)conn_.send(out);

  auto final_body = co_await scram_answer();
  if (!final_body) co_return make_fatal("08P01", final_body.error().detail);
  const auto proven = scram.on_final(*final_body);
  if (!proven) {
    co_return make_fatal("28P01", "password authentication failed for user \"" + user + "\"");
  }
  out.clear();
  writer.authentication_sasl_final(*proven);
  (void)conn_.send(out);
  co_return Failure();
}

}  // namespace multiaz::dbnode
