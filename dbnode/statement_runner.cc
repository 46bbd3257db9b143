#include "dbnode/statement_runner.h"

#include <sqlite3.h>

#include <optional>
#include <utility>
#include <variant>

#include "dbnode/pg_binary.h"

namespace multiaz::dbnode {

using rt::Task;

namespace {

Failure setting_failure(const Error& error) {
  const char* state = error.code == Code::kNotFound ? "42704"
                      : error.code == Code::kDenied ? "55P02"
                      : error.code == Code::kLimit  ? "53400"
                                                    : "22023";
  return make_error(state, error.detail);
}

Failure tell_change(const Result<Settings::Change>& changed, AnswerBuffer& answers) {
  if (!changed) return setting_failure(changed.error());
  if (*changed) answers.writer().parameter_status((*changed)->first, (*changed)->second);
  return {};
}

Failure set_parameter(const SetParameter& set, Settings& settings, UnitOfWork& work,
                      AnswerBuffer& answers) {
  if (set.name == "transaction_read_only" && set.value) {
    SetTransaction modes;
    const auto flag = parse_bool(*set.value);
    if (!flag) {
      return make_error("22023", "parameter \"transaction_read_only\" requires a Boolean value");
    }
    modes.modes.read_only = *flag;
    return work.set_modes(modes);
  }
  return tell_change(
      set.value ? settings.set(set.name, *set.value, set.local) : settings.reset(set.name),
      answers);
}

// Sends the row. In a simple query its description goes first; a portal has sent it already.
Failure show(const std::string& name, const Settings& settings, const UnitOfWork& work,
             AnswerBuffer& answers) {
  std::optional<std::string> value = work.shown(name);
  if (!value) {
    auto setting = settings.show(name);
    if (!setting) return setting_failure(setting.error());
    value = std::move(*setting);
  }
  const std::optional<std::string_view> columns[] = {*value};
  answers.writer().data_row(columns);
  return {};
}

}  // namespace

StatementRunner::StatementRunner(store::Connection& connection, Settings& settings,
                                 NamedStatements& statements, NamedPortals& portals,
                                 UnitOfWork& work, AnswerBuffer& answers, LoopPort& port)
    : connection_(connection),
      settings_(settings),
      statements_(statements),
      portals_(portals),
      work_(work),
      answers_(answers),
      port_(port) {}

Task<Failure> StatementRunner::execute(Portal& portal, int32_t rows_max, bool announce) {
  Prepared& source = portal.source();
  Failure failed = work_.refuse_in_failed_block(source);
  if (failed) co_return failed;
  if (source.utility) {
    if (announce && portal.returns_rows()) answers_.writer().row_description(portal.columns());
    failed = co_await run_utility(source);
    co_return failed;
  }
  if (!portal.started()) {
    failed = co_await work_.before_statement(source);
    if (failed) co_return failed;
    failed = portal.advance(connection_);
    if (failed) co_return failed;
  } else if (portal.done() && !portal.returns_rows()) {
    co_return make_error("55000", "portal cannot be run anymore");
  }
  if (announce && portal.returns_rows()) answers_.writer().row_description(portal.columns());
  uint64_t rows = 0;
  failed = co_await stream_rows(portal, rows_max, rows);
  if (failed) co_return failed;
  // The authorizer should refuse this; if a statement got past it, it is not acknowledged.
  if (!work_.transaction().agrees()) co_return transaction_slipped();
  if (portal.done()) {
    answers_.tell(settings_.take_changes());
    answers_.writer().command_complete(complete_tag(source, rows));
  } else {
    answers_.writer().portal_suspended();
  }
  co_return Failure();
}

Task<Failure> StatementRunner::stream_rows(Portal& portal, int32_t rows_max, uint64_t& rows) {
  while (true) {
    Failure failed = portal.advance(connection_);
    if (failed) co_return failed;
    if (portal.done()) co_return Failure();
    if (rows_max > 0 && rows >= static_cast<uint64_t>(rows_max)) co_return Failure();
    failed = portal.write_row(answers_.bytes());
    if (failed) co_return failed;
    rows++;
    if (!answers_.full()) continue;
    answers_.settle();
    co_await port_.ask(Need::kFlush);
    if (port_.ending()) co_return make_fatal("57P01", "terminating connection");
  }
}

std::string StatementRunner::complete_tag(const Prepared& source, uint64_t rows) const {
  const Statement& statement = source.statement;
  if (!statement.counts) return statement.tag;
  const uint64_t count = statement.tag == "SELECT"
                             ? rows
                             : static_cast<uint64_t>(sqlite3_changes64(connection_.raw()));
  return statement.tag + " " + std::to_string(count);
}

Task<Failure> StatementRunner::run_utility(const Prepared& source) {
  const Utility utility = *source.utility;
  std::string tag = utility_tag(utility, source.statement);
  Failure failed;
  if (const auto* begin = std::get_if<Begin>(&utility)) {
    failed = co_await work_.begin(*begin);
  } else if (std::holds_alternative<CommitWork>(utility)) {
    work_.warn_without_block();
    if (work_.transaction().failed()) {
      tag = "ROLLBACK";
      portals_.clear();
      work_.rollback();
    } else {
      failed = co_await work_.commit(false);
    }
  } else if (std::holds_alternative<Rollback>(utility)) {
    work_.warn_without_block();
    portals_.clear();
    work_.rollback();
  } else if (const auto* modes = std::get_if<SetTransaction>(&utility)) {
    failed = work_.set_modes(*modes);
  } else if (std::holds_alternative<DiscardAll>(utility)) {
    failed = discard_all();
  } else if (const auto* gone = std::get_if<Deallocate>(&utility)) {
    failed = deallocate(gone->name);
  } else if (std::holds_alternative<SetParameter>(utility) ||
             std::holds_alternative<ResetParameter>(utility) ||
             std::holds_alternative<ShowParameter>(utility)) {
    failed = run_parameter(utility);
  } else {
    failed = work_.savepoint_command(utility);
  }
  if (!failed) answers_.writer().command_complete(tag);
  co_return failed;
}

Failure StatementRunner::run_parameter(const Utility& utility) {
  if (const auto* set = std::get_if<SetParameter>(&utility)) {
    return set_parameter(*set, settings_, work_, answers_);
  }
  if (const auto* shown = std::get_if<ShowParameter>(&utility)) {
    return show(shown->name, settings_, work_, answers_);
  }
  const std::string& name = std::get<ResetParameter>(utility).name;
  if (name != "all") return tell_change(settings_.reset(name), answers_);
  answers_.tell(settings_.reset_all());
  return {};
}

Failure StatementRunner::discard_all() {
  if (work_.transaction().block()) {
    return make_error("25001", "DISCARD ALL cannot run inside a transaction block");
  }
  portals_.clear();
  statements_.clear();
  answers_.tell(settings_.reset_all());
  return {};
}

Failure StatementRunner::deallocate(const std::string& name) {
  if (name.empty()) {
    statements_.clear();
    return {};
  }
  return statements_.erase(name) ? Failure() : no_statement(name);
}

}  // namespace multiaz::dbnode
