// The client settings of one session: SET, SHOW, RESET, and which of them are reported to the
// client. Every text is parsed once, where it is set, so an accepted value can be used.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace multiaz::dbnode {

constexpr size_t kSettingBytesMax = 1024;
constexpr size_t kCustomSettingsMax = 100;  // names with a dot: "myapp.user"
constexpr size_t kCustomNameBytesMax = 128;
constexpr uint64_t kTimeoutMsMax = 2'147'483'647;  // PostgreSQL's own bound: nearly 25 days

class Settings {
 public:
  Settings();
  // kNotFound: unknown name (42704); kInvalid: not a value for it (22023); kDenied: may not be
  // changed (55P02); kLimit: too many custom settings (53400). `changed` gets the name and value to
  // report with ParameterStatus, if any.
  using Change = std::optional<std::pair<std::string, std::string>>;
  Result<Change> set(std::string_view name, std::string_view value, bool local);
  // Returns a setting to its default, or to the value of the startup message.
  Result<Change> reset(std::string_view name);
  std::vector<std::pair<std::string, std::string>> reset_all();
  // Applies a setting of the startup message, which also becomes the default.
  Status start(std::string_view name, std::string_view value);

  Result<std::string> show(std::string_view name) const;
  // All values that ParameterStatus reports after authentication.
  std::vector<std::pair<std::string, std::string>> reported() const;

  // To be called at the end of a transaction: a rollback undoes its SETs, and SET LOCAL never
  // outlives it.
  std::vector<std::pair<std::string, std::string>> finish(bool committed);

  uint64_t statement_timeout_ms() const { return known_.statement_timeout_ms; }
  // 0 leaves the server's own only
  uint64_t lock_timeout_ms() const { return known_.lock_timeout_ms; }
  uint64_t idle_transaction_timeout_ms() const { return known_.idle_transaction_timeout_ms; }
  bool default_read_only() const { return known_.read_only; }
  bool default_snapshot_isolation() const { return known_.snapshot; }

  // Records a change that set_config() made in the middle of a statement, for ParameterStatus.
  void report_later(Change change);
  std::vector<std::pair<std::string, std::string>> take_changes() {
    return std::exchange(changes_, {});
  }

 private:
  struct Value {
    std::string text;     // as SHOW returns it
    uint64_t number = 0;  // milliseconds; 1 stands for on, or repeatable read
  };
  struct Known {
    uint64_t statement_timeout_ms = 0;
    uint64_t lock_timeout_ms = 0;
    uint64_t idle_transaction_timeout_ms = 0;
    bool read_only = false;
    bool snapshot = false;
  };
  struct Row;
  using Values = std::map<std::string, Value, std::less<>>;
  static const Row kRows[];
  static const Row* find_row(std::string_view name);
  static Result<Value> check(const Row& row, std::string_view text);
  Value value(std::string_view name) const;
  Status check_custom(const std::string& key, std::string_view text) const;
  void refresh();
  std::vector<std::pair<std::string, std::string>> differences(const Values& before) const;

  Values started_;        // on top of the table's defaults
  Values session_;        // on top of those
  Values current_;        // with SET LOCAL on top
  Values at_begin_;       // session_ when the transaction (also an implicit one) began
  bool touched_ = false;  // whether values changed since then
  Known known_;           // parsed values of current_
  std::vector<std::pair<std::string, std::string>> changes_;
};

}  // namespace multiaz::dbnode
