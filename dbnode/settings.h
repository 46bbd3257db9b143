// The client settings of one session: SET, SHOW, RESET, and what the client is told of at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace multiaz::dbnode {

class Settings {
 public:
  // kNotFound: unknown name (42704); kInvalid: not a value for it (22023); kDenied: may not be
  // changed (55P02). `changed` gets the name and value to report with ParameterStatus, if any.
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

  uint64_t statement_timeout_ms() const;
  uint64_t lock_timeout_ms() const;  // 0 = the server's own limit only
  uint64_t idle_transaction_timeout_ms() const;
  bool default_read_only() const;
  bool default_snapshot_isolation() const;

 private:
  using Values = std::map<std::string, std::string, std::less<>>;
  std::string value(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> differences(const Values& before) const;

  Values started_;   // over the table's defaults
  Values session_;   // over those
  Values current_;   // with SET LOCAL on top
  Values at_begin_;  // session_ when the transaction, implicit ones too, began
};

}  // namespace multiaz::dbnode
