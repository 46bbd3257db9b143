#include "dbnode/query_protocol.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

QueryProtocol::QueryProtocol(store::Connection& connection, NamedStatements& statements,
                             NamedPortals& portals, UnitOfWork& work, StatementRunner& runner,
                             AnswerBuffer& answers, LoopPort& port)
    : connection_(connection),
      statements_(statements),
      portals_(portals),
      work_(work),
      runner_(runner),
      answers_(answers),
      port_(port) {}

bool QueryProtocol::skips(const FrontendMessage& message) const {
  return skipping_ && !std::holds_alternative<Sync>(message) &&
         !std::holds_alternative<Terminate>(message);
}

bool QueryProtocol::will_write(const FrontendMessage& message) const {
  const auto* bind = std::get_if<Bind>(&message);
  if (!bind || skipping_ || work_.transaction().failed()) return false;
  const auto* statement = statements_.find(bind->statement);
  return statement && (*statement)->writes;
}

Task<void> QueryProtocol::answer(FrontendMessage message) {
  Failure failed;
  if (auto* query = std::get_if<Query>(&message)) {
    co_await on_query(std::move(*query));
  } else if (auto* parse = std::get_if<Parse>(&message)) {
    failed = on_parse(*parse);
  } else if (auto* bind = std::get_if<Bind>(&message)) {
    failed = on_bind(*bind);
  } else if (auto* describe = std::get_if<Describe>(&message)) {
    failed = on_describe(*describe);
  } else if (auto* execute = std::get_if<Execute>(&message)) {
    failed = co_await on_execute(std::move(*execute));
  } else if (auto* close = std::get_if<Close>(&message)) {
    on_close(*close);
  } else if (std::holds_alternative<Sync>(message)) {
    co_await on_sync();
  } else if (std::holds_alternative<Flush>(message)) {
    answers_.settle();
  } else if (std::holds_alternative<Terminate>(message)) {
    port_.end(std::nullopt);
  } else if (!std::holds_alternative<CopyData>(message) &&
             !std::holds_alternative<CopyDone>(message) &&
             !std::holds_alternative<CopyFail>(message)) {
    port_.end(make_fatal("08P01", "a password message after authentication"));
  }
  if (!failed) co_return;
  report(*failed);
  answers_.settle();
  skipping_ = true;
}

// An error that ends the connection is FATAL; any other error rolls back, and the session goes on.
void QueryProtocol::report(const Report& report) {
  if (report.severity == "FATAL") {
    if (!port_.ending()) port_.end(report);
    return;
  }
  work_.fail();
  answers_.writer().error(report);
}

void QueryProtocol::ready() {
  if (port_.ending()) return;
  answers_.writer().ready_for_query(work_.transaction().status());
  answers_.settle();
}

// All statements of one Query message form one implicit transaction, unless they contain BEGIN or
// COMMIT.
Task<void> QueryProtocol::on_query(Query query) {
  portals_.erase("");
  StatementReader reader(query.sql);
  std::optional<Statement> following = reader.next();
  if (!following) answers_.writer().empty_query_response();
  while (following && !port_.ending()) {
    const uint64_t mark = answers_.mark();
    const Statement statement = std::move(*following);
    following = reader.next();
    Failure failed = co_await run_simple(statement, !following.has_value());
    if (!failed) continue;
    answers_.cut(mark);  // above all a success that was not committed
    report(*failed);
    break;
  }
  ready();
}

Task<Failure> QueryProtocol::run_simple(const Statement& statement, bool last) {
  auto source = std::make_shared<Prepared>();
  if (work_.transaction().failed()) {
    // SQLite would refuse any other statement now, so only those that end the block are recognised.
    auto utility = parse_utility(statement);
    if (utility && *utility) source->utility = **utility;
    Failure refused = work_.refuse_in_failed_block(*source);
    if (refused) co_return refused;
  }
  Failure failed = prepare(connection_, statement, {}, *source);
  if (failed) co_return failed;
  if (!source->slots.empty()) co_return make_error("42P02", "there is no parameter $1");
  {
    Portal portal(source);
    const Bind nothing;
    failed = portal.bind(connection_, nothing);
    if (failed) co_return failed;
    failed = co_await runner_.execute(portal, 0, true);
    if (failed) co_return failed;
  }
  if (!last || work_.transaction().block()) co_return Failure();
  failed = co_await work_.commit(true);
  co_return failed;
}

Failure QueryProtocol::on_parse(Parse& parse) {
  if (Failure refused = statements_.check_room(parse)) return refused;
  StatementReader reader(parse.sql);
  const std::optional<Statement> statement = reader.next();
  if (statement && reader.next()) {
    return make_error("42601", "cannot insert multiple commands into a prepared statement");
  }
  auto source = std::make_shared<Prepared>();
  source->empty = !statement.has_value();
  if (!source->empty) {
    auto utility = parse_utility(*statement);
    if (utility && *utility) source->utility = **utility;
    Failure failed = work_.refuse_in_failed_block(*source);
    if (!failed) {
      failed = prepare(connection_, *statement, std::move(parse.parameter_types), *source);
    }
    if (failed) return failed;
  }
  statements_.keep(parse.statement, std::move(source));
  answers_.writer().parse_complete();
  return {};
}

Failure QueryProtocol::on_bind(const Bind& bind) {
  const auto* statement = statements_.find(bind.statement);
  if (!statement) return no_statement(bind.statement);
  if (Failure refused = work_.refuse_in_failed_block(**statement)) return refused;
  if (Failure full = portals_.make_room(bind.portal)) return full;
  auto portal = std::make_unique<Portal>(*statement);
  if (Failure failed = portal->bind(connection_, bind)) return failed;
  portals_.keep(bind.portal, std::move(portal));
  answers_.writer().bind_complete();
  return {};
}

Failure QueryProtocol::on_describe(const Describe& describe) {
  if (describe.what != What::kStatement) {
    Portal* portal = portals_.find(describe.name);
    return portal ? describe_portal(*portal) : no_portal(describe.name);
  }
  const auto* statement = statements_.find(describe.name);
  if (!statement) return no_statement(describe.name);
  Prepared& source = **statement;
  std::vector<uint32_t> types = source.parameter_types;
  // an unspecified type is sent as text
  for (uint32_t& type : types) type = type == 0 ? 25 : type;
  answers_.writer().parameter_description(types);
  if (!source.announced) source.announced = describe_statement(source);
  if (source.announced->empty()) {
    answers_.writer().no_data();
  } else {
    answers_.writer().row_description(*source.announced);
  }
  return {};
}

Failure QueryProtocol::describe_portal(Portal& portal) {
  if (!portal.returns_rows()) {
    answers_.writer().no_data();
    return {};
  }
  Prepared& source = portal.source();
  if (Failure refused = work_.refuse_in_failed_block(source)) return refused;
  // The first row decides the types of expressions. Only reads are run ahead of their Execute.
  if (!source.utility && !source.writes && !source.announced && !portal.started()) {
    Failure failed = work_.start_read();
    if (!failed) failed = portal.advance(connection_);
    if (failed) return failed;
  }
  answers_.writer().row_description(portal.columns());
  return {};
}

Task<Failure> QueryProtocol::on_execute(Execute message) {
  Portal* named = portals_.find(message.portal);
  if (!named) co_return no_portal(message.portal);
  if (named->source().empty) {
    answers_.writer().empty_query_response();
    co_return Failure();
  }
  // A COMMIT clears the portals while its own portal is running.
  std::unique_ptr<Portal> portal = portals_.take(message.portal);
  Failure failed = co_await runner_.execute(*portal, message.rows_max, false);
  const bool ended = portal->source().utility.has_value();
  if (!failed && !ended) portals_.keep(message.portal, std::move(portal));
  co_return failed;
}

void QueryProtocol::on_close(const Close& close) {
  if (close.what == What::kStatement) {
    statements_.erase(close.name);
  } else {
    portals_.erase(close.name);
  }
  answers_.writer().close_complete();
}

Task<void> QueryProtocol::on_sync() {
  skipping_ = false;
  if (!work_.transaction().block()) {
    Failure failed = co_await work_.commit(true);
    if (failed) report(*failed);
  }
  ready();
}

}  // namespace multiaz::dbnode
