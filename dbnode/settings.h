// The client settings of one session: SET, SHOW, RESET, and what the client is told of at once.
// Every text is parsed once, where it is set: what was accepted can be used.
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
constexpr size_t kCustomSettingsMax = 100;  // of names with a dot: "myapp.user"
constexpr size_t kCustomNameBytesMax = 128;
constexpr uint64_t kTimeoutMsMax = 2'147'483'647;  // as PostgreSQL: nearly 25 days

class Settings {
 public:
  Settings();
  // kNotFound: unknown name (42704); kInvalid: not a value for it (22023); kDenied: may not be
  // changed (55P02); kLimit: too many of one's own (53400). `changed` gets the name and value to
  // report with ParameterStatus, if any.
  using Change = std::optional<std::pair<std::string, std::string>>;
  Result<Change> set(std::string_view name, std::string_view value, bool local);
  // Back to the default, or to what the startup message asked for.
  Result<Change> reset(std::string_view name);
  std::vector<std::pair<std::string, std::string>> reset_all();
  // From the startup message: becomes the default too.
  Status start(std::string_view name, std::string_view value);

  Result<std::string> show(std::string_view name) const;
  // All that ParameterStatus tells after authentication.
  std::vector<std::pair<std::string, std::string>> reported() const;

  // A rolled back transaction takes its SETs with it, and SET LOCAL never outlives one.
  std::vector<std::pair<std::string, std::string>> finish(bool committed);

  uint64_t statement_timeout_ms() const { return known_.statement_timeout_ms; }
  uint64_t lock_timeout_ms() const { return known_.lock_timeout_ms; }  // 0 = the server's own only
  uint64_t idle_transaction_timeout_ms() const { return known_.idle_transaction_timeout_ms; }
  bool default_read_only() const { return known_.read_only; }
  bool default_snapshot_isolation() const { return known_.snapshot; }

  // What set_config() has changed in the middle of a statement, for ParameterStatus.
  void tell_later(Change change);
  std::vector<std::pair<std::string, std::string>> take_told() { return std::exchange(told_, {}); }

 private:
  struct Value {
    std::string text;     // as SHOW gives it
    uint64_t number = 0;  // milliseconds; 1 = on, or repeatable read
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

  Values started_;        // over the table's defaults
  Values session_;        // over those
  Values current_;        // with SET LOCAL on top
  Values at_begin_;       // session_ when the transaction, implicit ones too, began
  bool touched_ = false;  // since then
  Known known_;           // of current_
  std::vector<std::pair<std::string, std::string>> told_;
};

}  // namespace multiaz::dbnode
