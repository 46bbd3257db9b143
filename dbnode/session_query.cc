// The messages of the simple and the extended query protocol.
#include <memory>

#include "dbnode/session.h"

namespace multiaz::dbnode {

using namespace wire::pg;  // NOLINT: message names
using rt::Task;

namespace {

Failure no_statement(const std::string& name) {
  return make_error("26000", "prepared statement \"" + name + "\" does not exist");
}
Failure no_portal(const std::string& name) {
  return make_error("34000", "portal \"" + name + "\" does not exist");
}

}  // namespace

// All statements of one Query message form one implicit transaction, unless they contain BEGIN or
// COMMIT.
Task<void> Session::on_query(Query query) {
  portals_.erase("");
  StatementReader reader(query.sql);
  std::optional<Statement> following = reader.next();
  if (!following) writer().empty_query_response();
  while (following && !ending_) {
    const uint64_t mark = taken_ + output_.size();
    const Statement statement = std::move(*following);
    following = reader.next();
    Failure failed = co_await run_simple(statement, !following.has_value());
    if (!failed) continue;
    cut_output(mark);  // above all a success that was not committed
    report(*failed);
    break;
  }
  ready();
}

Task<Failure> Session::run_simple(const Statement& statement, bool last) {
  auto source = std::make_shared<Prepared>();
  if (transaction_.failed()) {
    // SQLite would refuse any other statement now, so only those that end the block are recognised.
    auto utility = parse_utility(statement);
    if (utility && *utility) source->utility = **utility;
    Failure refused = refuse_in_failed_block(*source);
    if (refused) co_return refused;
  }
  Failure failed = prepare(*connection_, statement, {}, *source);
  if (failed) co_return failed;
  if (!source->slots.empty()) co_return make_error("42P02", "there is no parameter $1");
  {
    Portal portal(source);
    const Bind nothing;
    failed = portal.bind(*connection_, nothing);
    if (failed) co_return failed;
    failed = co_await execute(portal, 0, true);
    if (failed) co_return failed;
  }
  if (!last || transaction_.block()) co_return Failure();
  last_commit_ = true;
  failed = co_await commit();
  last_commit_ = false;
  co_return failed;
}

Failure Session::on_parse(Parse& parse) {
  if (!parse.statement.empty()) {
    if (prepared_.count(parse.statement)) {
      return make_error("42P05", "prepared statement \"" + parse.statement + "\" already exists");
    }
    if (prepared_.size() >= kPreparedMax) {
      return make_error("54000", "too many prepared statements in one session");
    }
    size_t bytes = parse.sql.size();
    for (const auto& [name, kept] : prepared_) bytes += kept->statement.sql.size();
    if (bytes > kPreparedBytesMax) {
      return make_error("54000", "the prepared statements of one session are too long");
    }
  }
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
    Failure failed = refuse_in_failed_block(*source);
    if (!failed) {
      failed = prepare(*connection_, *statement, std::move(parse.parameter_types), *source);
    }
    if (failed) return failed;
  }
  prepared_[parse.statement] = std::move(source);
  writer().parse_complete();
  return {};
}

Failure Session::on_bind(const Bind& bind) {
  const auto it = prepared_.find(bind.statement);
  if (it == prepared_.end()) return no_statement(bind.statement);
  if (Failure failed = refuse_in_failed_block(*it->second)) return failed;
  if (bind.portal.empty()) {
    portals_.erase("");
  } else if (portals_.count(bind.portal)) {
    return make_error("42P03", "portal \"" + bind.portal + "\" already exists");
  } else if (portals_.size() >= kPortalsMax) {
    return make_error("54000", "too many portals in one session");
  }
  auto portal = std::make_unique<Portal>(it->second);
  if (Failure failed = portal->bind(*connection_, bind)) return failed;
  portals_[bind.portal] = std::move(portal);
  writer().bind_complete();
  return {};
}

Task<Failure> Session::on_describe(Describe describe) {
  if (describe.what == What::kStatement) {
    const auto it = prepared_.find(describe.name);
    if (it == prepared_.end()) co_return no_statement(describe.name);
    Prepared& source = *it->second;
    std::vector<uint32_t> types = source.parameter_types;
    // an unspecified type is sent as text
    for (uint32_t& type : types) type = type == 0 ? 25 : type;
    writer().parameter_description(types);
    if (!source.announced) source.announced = describe_statement(source);
    if (source.announced->empty()) {
      writer().no_data();
    } else {
      writer().row_description(*source.announced);
    }
    co_return Failure();
  }
  const auto it = portals_.find(describe.name);
  if (it == portals_.end()) co_return no_portal(describe.name);
  Portal& portal = *it->second;
  if (!portal.returns_rows()) {
    writer().no_data();
    co_return Failure();
  }
  Failure refused = refuse_in_failed_block(portal.source());
  if (refused) co_return refused;
  // The first row decides the types of expressions. Only reads are run ahead of their Execute.
  Prepared& source = portal.source();
  if (!source.utility && !source.writes && !source.announced && !portal.started()) {
    Failure failed = transaction_.start_read();
    if (!failed) failed = portal.advance(*connection_);
    if (failed) co_return failed;
  }
  writer().row_description(portal.columns());
  co_return Failure();
}

Task<Failure> Session::on_execute(Execute message) {
  const auto it = portals_.find(message.portal);
  if (it == portals_.end()) co_return no_portal(message.portal);
  if (it->second->source().empty) {
    writer().empty_query_response();
    co_return Failure();
  }
  // A COMMIT clears the portals while its own portal is running.
  std::unique_ptr<Portal> portal = std::move(it->second);
  portals_.erase(it);
  Failure failed = co_await execute(*portal, message.rows_max, false);
  const bool ended = portal->source().utility.has_value();
  if (!failed && !ended) portals_[message.portal] = std::move(portal);
  co_return failed;
}

void Session::on_close(const Close& close) {
  if (close.what == What::kStatement) {
    prepared_.erase(close.name);
  } else {
    portals_.erase(close.name);
  }
  writer().close_complete();
}

Task<void> Session::on_sync() {
  skipping_ = false;
  if (!transaction_.block()) {
    last_commit_ = true;
    Failure failed = co_await commit();
    last_commit_ = false;
    if (failed) report(*failed);
  }
  ready();
}

}  // namespace multiaz::dbnode
