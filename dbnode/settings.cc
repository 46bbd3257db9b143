#include "dbnode/settings.h"

#include "dbnode/pg_binary.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

constexpr size_t kValueBytesMax = 1024;

enum class Kind { kFree, kBool, kMilliseconds, kEncoding, kIsolation, kFixed };
struct Row {
  std::string_view name, value;
  Kind kind;
  std::string_view reported_as;  // "" = never reported
};
// Settings that clients set or ask for; those without meaning here are kept and shown.
constexpr Row kRows[] = {
    {"application_name", "", Kind::kFree, "application_name"},
    {"bytea_output", "hex", Kind::kFree, ""},
    {"client_encoding", "UTF8", Kind::kEncoding, "client_encoding"},
    {"client_min_messages", "notice", Kind::kFree, ""},
    {"datestyle", "ISO, MDY", Kind::kFree, "DateStyle"},
    {"default_transaction_isolation", "read committed", Kind::kIsolation, ""},
    {"default_transaction_read_only", "off", Kind::kBool, "default_transaction_read_only"},
    {"extra_float_digits", "1", Kind::kFree, ""},
    {"idle_in_transaction_session_timeout", "0", Kind::kMilliseconds, ""},
    {"integer_datetimes", "on", Kind::kFixed, "integer_datetimes"},
    {"intervalstyle", "postgres", Kind::kFree, "IntervalStyle"},
    {"is_superuser", "off", Kind::kFixed, "is_superuser"},
    {"lock_timeout", "0", Kind::kMilliseconds, ""},
    {"max_identifier_length", "63", Kind::kFixed, ""},
    {"search_path", "main", Kind::kFree, ""},
    {"server_encoding", "UTF8", Kind::kFixed, "server_encoding"},
    {"server_version", "15.0 (multiaz)", Kind::kFixed, "server_version"},
    {"server_version_num", "150000", Kind::kFixed, ""},
    {"session_authorization", "shop", Kind::kFixed, "session_authorization"},
    {"standard_conforming_strings", "on", Kind::kBool, "standard_conforming_strings"},
    {"statement_timeout", "0", Kind::kMilliseconds, ""},
    {"synchronous_commit", "on", Kind::kFree, ""},
    {"timezone", "UTC", Kind::kFree, "TimeZone"},
    {"transaction_deferrable", "off", Kind::kFixed, ""},
};

const Row* find_row(std::string_view name) {
  for (const Row& row : kRows) {
    if (same_word(row.name, name)) return &row;
  }
  return nullptr;
}

// "250", "250ms", "5s", "2min"; what PostgreSQL would show for it.
Result<uint64_t> parse_milliseconds(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t factor;
  };
  static constexpr Unit kUnits[] = {{"ms", 1}, {"min", 60'000}, {"s", 1000}, {"h", 3'600'000}};
  uint64_t factor = 1;
  std::string number(text);
  for (const Unit& unit : kUnits) {
    if (text.size() <= unit.name.size() || !text.ends_with(unit.name)) continue;
    number = text.substr(0, text.size() - unit.name.size());
    factor = unit.factor;
    break;
  }
  const auto value = parse_integer(number);
  if (!value || *value < 0 || *value > 2'147'483'647) {
    return Error(Code::kInvalid, "not a time: \"" + std::string(text) + "\"");
  }
  return static_cast<uint64_t>(*value) * factor;
}

Result<std::string> check(const Row& row, std::string_view value) {
  const Error bad(Code::kInvalid, "invalid value for parameter \"" + std::string(row.name) +
                                      "\": \"" + std::string(value) + "\"");
  if (value.size() > kValueBytesMax) return bad;
  switch (row.kind) {
    case Kind::kFree: return std::string(value);
    case Kind::kFixed:
      return Error(Code::kDenied, "parameter \"" + std::string(row.name) + "\" cannot be changed");
    case Kind::kBool: {
      const auto flag = parse_bool(value);
      if (!flag) return bad;
      return std::string(*flag ? "on" : "off");
    }
    case Kind::kMilliseconds: {
      const auto milliseconds = parse_milliseconds(value);
      if (!milliseconds) return bad;
      return *milliseconds == 0 ? std::string("0") : std::to_string(*milliseconds) + "ms";
    }
    case Kind::kEncoding: {
      const std::string name = upper(value);
      if (name != "UTF8" && name != "UTF-8" && name != "UNICODE" && name != "SQL_ASCII") return bad;
      return std::string("UTF8");
    }
    case Kind::kIsolation: {
      const std::string name = lower(value);
      for (const char* known :
           {"read committed", "read uncommitted", "repeatable read", "serializable"}) {
        if (name == known) return name;
      }
      return bad;
    }
  }
  return bad;
}

Error unknown(std::string_view name) {
  return Error(Code::kNotFound,
               "unrecognized configuration parameter \"" + std::string(name) + "\"");
}

}  // namespace

std::string Settings::value(std::string_view name) const {
  const auto it = current_.find(name);
  if (it != current_.end()) return it->second;
  const Row* row = find_row(name);
  return row ? std::string(row->value) : std::string();
}

std::vector<std::pair<std::string, std::string>> Settings::differences(const Values& before) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Row& row : kRows) {
    if (row.reported_as.empty()) continue;
    const auto it = before.find(row.name);
    const std::string was(it == before.end() ? row.value : std::string_view(it->second));
    if (was != value(row.name)) out.emplace_back(row.reported_as, value(row.name));
  }
  return out;
}

Result<Settings::Change> Settings::set(std::string_view name, std::string_view value, bool local) {
  const Row* row = find_row(name);
  const bool custom = !row && name.find('.') != std::string_view::npos;  // "myapp.user"
  if (!row && !custom) return unknown(name);
  std::string checked(value);
  if (row) {
    auto result = check(*row, value);
    if (!result) return result.error();
    checked = std::move(*result);
  }
  const std::string key = lower(name);
  current_[key] = checked;
  if (!local) session_[key] = checked;
  if (!row || row->reported_as.empty()) return Change();
  return Change(std::pair(std::string(row->reported_as), checked));
}

Result<Settings::Change> Settings::reset(std::string_view name) {
  const Row* row = find_row(name);
  if (!row) return unknown(name);
  const auto it = started_.find(row->name);
  const std::string value(it == started_.end() ? row->value : std::string_view(it->second));
  current_[std::string(row->name)] = session_[std::string(row->name)] = value;
  if (row->reported_as.empty()) return Change();
  return Change(std::pair(std::string(row->reported_as), value));
}

std::vector<std::pair<std::string, std::string>> Settings::reset_all() {
  const Values before = current_;
  current_ = session_ = started_;
  return differences(before);
}

Status Settings::start(std::string_view name, std::string_view value) {
  const auto changed = set(name, value, false);
  if (!changed) return changed.error();
  started_ = at_begin_ = session_;
  return {};
}

Result<std::string> Settings::show(std::string_view name) const {
  if (!find_row(name) && current_.find(lower(name)) == current_.end()) return unknown(name);
  return value(lower(name));
}

std::vector<std::pair<std::string, std::string>> Settings::reported() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Row& row : kRows) {
    if (!row.reported_as.empty()) out.emplace_back(row.reported_as, value(row.name));
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Settings::finish(bool committed) {
  const Values before = current_;
  if (!committed) session_ = at_begin_;
  at_begin_ = current_ = session_;
  return differences(before);
}

uint64_t Settings::statement_timeout_ms() const {
  return parse_milliseconds(value("statement_timeout")).value();
}
uint64_t Settings::lock_timeout_ms() const {
  return parse_milliseconds(value("lock_timeout")).value();
}
uint64_t Settings::idle_transaction_timeout_ms() const {
  return parse_milliseconds(value("idle_in_transaction_session_timeout")).value();
}
bool Settings::default_read_only() const {
  return value("default_transaction_read_only") == "on";
}
bool Settings::default_snapshot_isolation() const {
  const std::string isolation = value("default_transaction_isolation");
  return isolation == "repeatable read" || isolation == "serializable";
}

}  // namespace multiaz::dbnode
