// Transactions and settings: the statements that SQLite never gets.
#include <optional>
#include <variant>

#include "dbnode/pg_binary.h"
#include "dbnode/session.h"

namespace multiaz::dbnode {

using rt::Task;

namespace {

Report make_warning(std::string_view sqlstate, std::string message) {
  Report out = make_error(sqlstate, std::move(message));
  out.severity = "WARNING";
  return out;
}

Failure setting_failure(const Error& error) {
  const char* state = error.code == Code::kNotFound ? "42704"
                      : error.code == Code::kDenied ? "55P02"
                      : error.code == Code::kLimit  ? "53400"
                                                    : "22023";
  return make_error(state, error.detail);
}

}  // namespace

Task<Failure> Session::run_utility(const Prepared& source) {
  const Utility utility = *source.utility;
  std::string tag = utility_tag(utility, source.statement);
  Failure failed;
  if (const auto* begin = std::get_if<Begin>(&utility)) {
    failed = co_await begin_block(*begin);
  } else if (std::holds_alternative<CommitWork>(utility)) {
    if (!transaction_.block()) {
      writer().notice(make_warning("25P01", "there is no transaction in progress"));
    }
    if (transaction_.failed()) {
      tag = "ROLLBACK";
      portals_.clear();
      rollback();
    } else {
      failed = co_await commit();
    }
  } else if (std::holds_alternative<Rollback>(utility)) {
    if (!transaction_.block()) {
      writer().notice(make_warning("25P01", "there is no transaction in progress"));
    }
    portals_.clear();
    rollback();
  } else if (const auto* set = std::get_if<SetParameter>(&utility)) {
    failed = set_parameter(*set);
  } else if (const auto* modes = std::get_if<SetTransaction>(&utility)) {
    failed = set_transaction(*modes);
  } else if (const auto* reset = std::get_if<ResetParameter>(&utility)) {
    failed = reset_parameter(*reset);
  } else if (const auto* shown = std::get_if<ShowParameter>(&utility)) {
    failed = show(shown->name);
  } else if (std::holds_alternative<DiscardAll>(utility)) {
    if (transaction_.block()) {
      co_return make_error("25001", "DISCARD ALL cannot run inside a transaction block");
    }
    portals_.clear();
    prepared_.clear();
    tell(settings_.reset_all());
  } else if (const auto* gone = std::get_if<Deallocate>(&utility)) {
    failed = deallocate(gone->name);
  } else {
    failed = savepoint_command(utility);
  }
  if (!failed) writer().command_complete(tag);
  co_return failed;
}

Task<Failure> Session::begin_block(Begin begin) {
  if (transaction_.block()) {
    writer().notice(make_warning("25001", "there is already a transaction in progress"));
    co_return Failure();
  }
  const Isolation otherwise =
      settings_.default_snapshot_isolation() ? Isolation::kSnapshot : Isolation::kStatement;
  const bool read_only = begin.modes.read_only.value_or(settings_.default_read_only());
  if (begin.modes.immediate && !facts_.writable) {
    co_return make_error("25006", "cannot set transaction read-write mode on a replica");
  }
  transaction_.begin_block(begin.modes.isolation.value_or(otherwise), read_only);
  if (!begin.modes.immediate) co_return Failure();
  Failure failed = co_await take_writer();
  if (!failed) failed = transaction_.start_write();
  if (failed) rollback();  // so that no block is opened
  co_return failed;
}

Failure Session::savepoint_command(const Utility& utility) {
  const auto* set = std::get_if<Savepoint>(&utility);
  const auto* release = std::get_if<ReleaseSavepoint>(&utility);
  const auto* back = std::get_if<RollbackTo>(&utility);
  if (!transaction_.block()) {
    const std::string name = set       ? "SAVEPOINT"
                             : release ? "RELEASE SAVEPOINT"
                                       : "ROLLBACK TO SAVEPOINT";
    return make_error("25P01", name + " can only be used in transaction blocks");
  }
  if (set) return transaction_.savepoint(set->name);
  if (release) return transaction_.release(release->name);
  portals_.clear();
  return transaction_.rollback_to(back->name);
}

Failure Session::set_parameter(const SetParameter& set) {
  if (set.name == "transaction_read_only" && set.value) {
    SetTransaction modes;
    const auto flag = parse_bool(*set.value);
    if (!flag) {
      return make_error("22023", "parameter \"transaction_read_only\" requires a Boolean value");
    }
    modes.modes.read_only = *flag;
    return set_transaction(modes);
  }
  const auto changed =
      set.value ? settings_.set(set.name, *set.value, set.local) : settings_.reset(set.name);
  if (!changed) return setting_failure(changed.error());
  if (*changed) writer().parameter_status((*changed)->first, (*changed)->second);
  return {};
}

Failure Session::set_transaction(const SetTransaction& set) {
  if (!set.session) {
    if (!transaction_.block()) {
      writer().notice(
          make_warning("25P01", "SET TRANSACTION can only be used in transaction blocks"));
      return {};
    }
    return transaction_.set_modes(set.modes);
  }
  if (set.modes.read_only) {
    (void)settings_.set("default_transaction_read_only", *set.modes.read_only ? "on" : "off",
                        false);
  }
  if (set.modes.isolation) {
    const bool snapshot = *set.modes.isolation == Isolation::kSnapshot;
    (void)settings_.set("default_transaction_isolation",
                        snapshot ? "repeatable read" : "read committed", false);
  }
  return {};
}

Failure Session::reset_parameter(const ResetParameter& reset) {
  if (reset.name == "all") {
    tell(settings_.reset_all());
    return {};
  }
  const auto changed = settings_.reset(reset.name);
  if (!changed) return setting_failure(changed.error());
  if (*changed) writer().parameter_status((*changed)->first, (*changed)->second);
  return {};
}

std::optional<std::string> Session::shown_by_transaction(const std::string& name) const {
  if (name == "transaction_read_only") {
    const bool read_only =
        transaction_.block() ? transaction_.read_only() : settings_.default_read_only();
    return read_only || !facts_.writable ? "on" : "off";
  }
  if (name == "in_hot_standby") return facts_.role == "primary" ? "off" : "on";
  if (name == "transaction_isolation") {
    const bool snapshot =
        transaction_.block() ? transaction_.snapshot() : settings_.default_snapshot_isolation();
    return snapshot ? "repeatable read" : "read committed";
  }
  return std::nullopt;
}

// Sends the row. In a simple query its description goes first; a portal has sent it already.
Failure Session::show(const std::string& name) {
  std::optional<std::string> value = shown_by_transaction(name);
  if (!value) {
    auto setting = settings_.show(name);
    if (!setting) return setting_failure(setting.error());
    value = std::move(*setting);
  }
  const std::optional<std::string_view> columns[] = {*value};
  writer().data_row(columns);
  return {};
}

Failure Session::deallocate(const std::string& name) {
  if (name.empty()) {
    prepared_.clear();
    return {};
  }
  if (prepared_.erase(name) == 0) {
    return make_error("26000", "prepared statement \"" + name + "\" does not exist");
  }
  return {};
}

}  // namespace multiaz::dbnode
