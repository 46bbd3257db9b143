// From the first byte to ReadyForQuery: log-in, what is refused, first answers.
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <variant>

#include "base/core/log.h"
#include "dbnode/client.h"
#include "dbnode/log_in.h"
#include "dbnode/server.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

namespace {

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

// The settings of the startup packet, which are the session's defaults.
Failure take_settings(const StartupMessage& startup, Settings& settings) {
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
    const Status set = settings.start(name, value);
    if (!set) {
      return make_fatal(set.error().code == Code::kNotFound ? "42704" : "22023",
                        set.error().detail);
    }
  }
  return {};
}

}  // namespace

Task<bool> Client::start() {
  LogIn log_in(conn_, server_.config_.tls);
  conn_.deadline_in_ms(kStartupMs);
  const auto first = co_await log_in.read_startup();
  if (!first) co_return false;
  if (const auto* cancel = std::get_if<CancelRequest>(&first->packet)) {
    server_.cancel(cancel->pid, cancel->secret);
    co_return false;
  }
  const auto& startup = std::get<StartupMessage>(first->packet);
  Failure wrong = check_startup(startup);
  if (wrong) co_return log_in.refuse(*wrong);
  const std::string user(startup.find("user").value_or(""));
  if (!server_.config_.password.empty()) {
    // An unknown user goes through the same exchange, with a verifier of a random password.
    wire::ScramVerifier verifier = server_.verifier_;
    if (user != kUser) verifier.stored_key = std::string(32, '\1');
    wrong = co_await log_in.authenticate(user, std::move(verifier));
    if (wrong) co_return log_in.refuse(*wrong);
  }
  const std::string database(startup.find("database").value_or(user));
  if (database != kDatabaseName) {
    co_return log_in.refuse(make_fatal("3D000", "database \"" + database + "\" does not exist"));
  }
  Settings settings;
  wrong = take_settings(startup, settings);
  if (wrong) co_return log_in.refuse(*wrong);
  wrong = co_await open_session(std::move(settings));
  if (wrong) co_return log_in.refuse(*wrong);
  greet();
  conn_.clear_deadline();
  co_return true;
}

Failure Client::check_startup(const StartupMessage& startup) {
  if (startup.major != 3) {
    return make_fatal("0A000", "unsupported frontend protocol " + std::to_string(startup.major) +
                                   "." + std::to_string(startup.minor) +
                                   ": server supports 3.0 to 3.0");
  }
  if (startup.find("user").value_or("").empty()) {
    return make_fatal("28000", "no PostgreSQL user name specified in startup packet");
  }
  if (server_.config_.force_ssl && !conn_.layer()) {
    const auto user = startup.find("user").value_or("");
    return make_fatal("28000", "no pg_hba.conf entry for host \"" + conn_.peer().ip_text() +
                                   "\", user \"" + std::string(user) + "\", database \"" +
                                   std::string(startup.find("database").value_or(user)) +
                                   "\", no encryption");
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
  return {};
}

Task<Failure> Client::open_session(Settings settings) {
  Result<std::unique_ptr<Session>> opened = Error(Code::kInternal);
  const std::function<void()> job = [this, &opened, &settings] {
    opened = Session::open(server_.database_.vfs(), std::move(settings));
  };
  co_await server_.pool_.run(job, Lane::kService);
  if (!opened) {
    log::error("a session cannot be opened: " + opened.error().text());
    co_return make_fatal("XX000", opened.error().text());
  }
  session_ = std::move(*opened);
  co_return Failure();
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
