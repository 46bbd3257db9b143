// From the first byte to ReadyForQuery: encryption requests, startup, authentication, first
// answers.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "base/core/log.h"
#include "base/core/random.h"
#include "base/wire/scram.h"
#include "dbnode/client.h"
#include "dbnode/server.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

namespace {

constexpr int kEncryptionRequestsMax = 4;

// Parses "-c name=value" and "--name=value", separated by blanks (libpq's `options`).
std::vector<std::pair<std::string, std::string>> parse_options(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.substr(0, 2) == "-c" || word.substr(0, 2) == "--") word.remove_prefix(2);
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    out.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return out;
}

}  // namespace

bool Client::refuse(Report report) {
  std::string out;
  BackendWriter(out).error(report);
  (void)conn_.send(out);
  return false;
}

Task<bool> Client::start() {
  conn_.deadline_in_ms(kStartupMs);
  auto startup = co_await read_startup();
  if (!startup) co_return false;
  std::optional<Report> wrong = check_startup(*startup);
  if (wrong) co_return refuse(*wrong);
  const std::string user(startup->find("user").value_or(""));
  const bool known = co_await authenticate(user);
  if (!known) co_return false;
  const std::string database(startup->find("database").value_or(user));
  if (database != kDatabaseName) {
    co_return refuse(make_fatal("3D000", "database \"" + database + "\" does not exist"));
  }
  wrong = take_settings(*startup);
  if (wrong) co_return refuse(*wrong);
  const bool opened = co_await open_session();
  if (!opened) co_return false;
  greet();
  conn_.clear_deadline();
  co_return true;
}

Task<Result<StartupMessage>> Client::read_startup() {
  int encryption_requests = 0;
  while (true) {
    auto decoded = decode_startup(conn_.peek());
    if (!decoded) co_return decoded.error();  // without an answer, as PostgreSQL does
    if (!*decoded) {
      const Status more = co_await conn_.more();
      if (!more) co_return more.error();
      continue;
    }
    const Startup startup = **decoded;
    conn_.consume(startup.consumed);
    if (const auto* message = std::get_if<StartupMessage>(&startup.packet)) co_return *message;
    if (const auto* cancel = std::get_if<CancelRequest>(&startup.packet)) {
      server_.cancel(cancel->pid, cancel->secret);
      co_return Error(Code::kClosed, "a cancel request");
    }
    if (++encryption_requests > kEncryptionRequestsMax) co_return Error(Code::kInvalid);
    (void)conn_.send("N");
  }
}

std::optional<Report> Client::check_startup(const StartupMessage& startup) {
  if (startup.major != 3) {
    return make_fatal("0A000", "unsupported frontend protocol " + std::to_string(startup.major) +
                                   "." + std::to_string(startup.minor) +
                                   ": server supports 3.0 to 3.0");
  }
  if (startup.find("user").value_or("").empty()) {
    return make_fatal("28000", "no PostgreSQL user name specified in startup packet");
  }
  std::vector<std::string_view> unknown;
  for (const auto& [name, value] : startup.params) {
    if (name.rfind("_pq_.", 0) == 0) unknown.push_back(name);
  }
  if (startup.minor > 0 || !unknown.empty()) {
    std::string out;
    BackendWriter(out).negotiate_protocol_version(0, unknown);
    (void)conn_.send(out);
  }
  if (!server_.has_room_for(*this)) return too_many_clients();
  const replication::GroupStatus status = server_.group_.status();
  primary_ = status.role == replication::Role::kPrimary;
  if (server_.stopping_ || fatal_) {
    return make_fatal("57P03", "the database system is shutting down");
  }
  if (!may_answer()) {
    return make_fatal("57P03", "the database system is starting up or failing over (role " +
                                   std::string(to_string(status.role)) + ")");
  }
  return std::nullopt;
}

std::optional<Report> Client::take_settings(const StartupMessage& startup) {
  std::vector<std::pair<std::string, std::string>> wanted;
  for (const auto& [name, value] : startup.params) {
    if (name == "user" || name == "database" || name.rfind("_pq_.", 0) == 0) continue;
    if (name == "replication") {
      if (value == "false" || value == "off" || value == "0") continue;
      return make_fatal("0A000", "the replication protocol is not supported");
    }
    if (name == "options") {
      for (auto& option : parse_options(value)) wanted.push_back(std::move(option));
    } else {
      wanted.emplace_back(name, value);
    }
  }
  for (const auto& [name, value] : wanted) {
    const Status set = settings_.start(name, value);
    if (!set) {
      return make_fatal(set.error().code == Code::kNotFound ? "42704" : "22023",
                        set.error().detail);
    }
  }
  return std::nullopt;
}

Task<Result<FrontendMessage>> Client::read_message() {
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

Task<Result<std::string>> Client::scram_answer() {
  auto message = co_await read_message();
  if (!message) co_return message.error();
  const auto* password = std::get_if<PasswordData>(&*message);
  if (!password) co_return Error(Code::kInvalid, "expected SASL response");
  co_return password->body;
}

Task<bool> Client::authenticate(std::string user) {
  if (server_.config_.password.empty()) co_return true;
  std::string out;
  BackendWriter writer(out);
  const std::string_view mechanisms[] = {wire::kScramMechanism};
  writer.authentication_sasl(mechanisms);
  (void)conn_.send(out);

  auto body = co_await scram_answer();
  if (!body) co_return refuse(make_fatal("08P01", body.error().detail));
  PasswordData data;
  data.body = std::move(*body);
  const auto initial = read_sasl_initial(data);
  if (!initial || initial->mechanism != wire::kScramMechanism || !initial->response) {
    co_return refuse(
        make_fatal("08P01", "client selected an invalid SASL authentication mechanism"));
  }
  // An unknown user goes through the same exchange, with a verifier of a random password.
  wire::ScramVerifier verifier = server_.verifier_;
  if (user != kUser) verifier.stored_key = std::string(32, '\1');
  wire::ScramServer scram(std::move(verifier), secret_hex(12));
  const auto first = scram.on_first(*initial->response);
  if (!first) co_return refuse(make_fatal("08P01", "malformed SCRAM message"));
  out.clear();
  writer.authentication_sasl_continue(*first);
  (void)conn_.send(out);

  auto final_body = co_await scram_answer();
  if (!final_body) co_return refuse(make_fatal("08P01", final_body.error().detail));
  const auto proven = scram.on_final(*final_body);
  if (!proven) {
    co_return refuse(
        make_fatal("28P01", "password authentication failed for user \"" + user + "\""));
  }
  out.clear();
  writer.authentication_sasl_final(*proven);
  (void)conn_.send(out);
  co_return true;
}

Task<bool> Client::open_session() {
  Result<std::unique_ptr<Session>> opened = Error(Code::kInternal);
  const std::function<void()> job = [this, &opened] {
    opened = Session::open(server_.database_.vfs(), std::move(settings_));
  };
  co_await server_.pool_.run(job, Lane::kService);
  if (!opened) {
    log::error("a session cannot be opened: " + opened.error().text());
    co_return refuse(make_fatal("XX000", opened.error().text()));
  }
  session_ = std::move(*opened);
  co_return true;
}

void Client::greet() {
  std::string out;
  BackendWriter writer(out);
  writer.authentication_ok();
  for (const auto& [name, value] : session_->settings().reported()) {
    writer.parameter_status(name, value);
  }
  const bool standby = !primary_ || endpoint_ == Endpoint::kReader;
  writer.parameter_status("in_hot_standby", standby ? "on" : "off");
  writer.backend_key_data(pid_, secret_);
  writer.ready_for_query(wire::pg::Transaction::kIdle);
  (void)conn_.send(out);
}

}  // namespace multiaz::dbnode
