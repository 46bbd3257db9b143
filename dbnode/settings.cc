#include "dbnode/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "dbnode/pg_binary.h"
#include "dbnode/sql_lexer.h"

namespace multiaz::dbnode {
namespace {

enum class Kind { kFree, kBool, kMilliseconds, kEncoding, kIsolation, kFixed };

struct Unit {
  std::string_view name;
  uint64_t milliseconds;
};
// From the largest on, because SHOW takes the first that fits.
constexpr Unit kUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}};

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n\f\v");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n\f\v") - first + 1);
}

// Reads "250", "250ms", "1.5 s", "2min", "1h", "1d"; the bound is checked after the unit was
// applied.
std::optional<uint64_t> parse_milliseconds(std::string_view text) {
  text = trimmed(text);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = trimmed(text.substr(static_cast<size_t>(end - text.data())));
  double factor = unit.empty() ? 1 : unit == "us" ? 0.001 : 0;
  for (const Unit& known : kUnits) {
    if (unit == known.name) factor = static_cast<double>(known.milliseconds);
  }
  const double milliseconds = std::round(number * factor);
  const bool fits = milliseconds >= 0 && milliseconds <= static_cast<double>(kTimeoutMsMax);
  if (factor == 0 || !fits) return std::nullopt;  // a text that is no number, too
  return static_cast<uint64_t>(milliseconds);
}

std::string show_milliseconds(uint64_t milliseconds) {
  for (const Unit& unit : kUnits) {
    if (milliseconds == 0 || milliseconds % unit.milliseconds != 0) continue;
    return std::to_string(milliseconds / unit.milliseconds) + std::string(unit.name);
  }
  return "0";
}

Error unknown(std::string_view name) {
  return Error(Code::kNotFound,
               "unrecognized configuration parameter \"" + std::string(name) + "\"");
}

bool is_custom(std::string_view name) {
  return name.find('.') != std::string_view::npos;
}

}  // namespace

struct Settings::Row {
  std::string_view name, value;
  Kind kind;
  std::string_view reported_as;  // "" when it is never reported
};
// Settings that clients set or ask for; those without a meaning here are stored and shown.
const Settings::Row Settings::kRows[] = {
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
    {"statement_timeout", "30s", Kind::kMilliseconds, ""},
    {"synchronous_commit", "on", Kind::kFree, ""},
    {"timezone", "UTC", Kind::kFree, "TimeZone"},
    {"transaction_deferrable", "off", Kind::kFixed, ""},
};

const Settings::Row* Settings::find_row(std::string_view name) {
  for (const Row& row : kRows) {
    if (same_word(row.name, name)) return &row;
  }
  return nullptr;
}

Result<Settings::Value> Settings::check(const Row& row, std::string_view text) {
  const std::string what = "invalid value for parameter \"" + std::string(row.name) + "\"";
  if (text.size() > kSettingBytesMax || text.find('\0') != std::string_view::npos) {
    return Error(Code::kInvalid,
                 what + ": at most " + std::to_string(kSettingBytesMax) + " bytes, none of them 0");
  }
  const Error bad(Code::kInvalid, what + ": \"" + std::string(text) + "\"");
  switch (row.kind) {
    case Kind::kFree: return Value{std::string(text)};
    case Kind::kFixed:
      return Error(Code::kDenied, "parameter \"" + std::string(row.name) + "\" cannot be changed");
    case Kind::kBool: {
      const auto flag = parse_bool(text);
      if (!flag) return bad;
      return Value{*flag ? "on" : "off", *flag ? 1u : 0u};
    }
    case Kind::kMilliseconds: {
      const auto milliseconds = parse_milliseconds(text);
      if (milliseconds) return Value{show_milliseconds(*milliseconds), *milliseconds};
      return Error(Code::kInvalid, bad.detail + ": a time from 0 to " +
                                       std::to_string(kTimeoutMsMax) +
                                       " ms, with the unit us, ms, s, min, h or d");
    }
    case Kind::kEncoding: {
      const std::string name = upper(text);
      if (name != "UTF8" && name != "UTF-8" && name != "UNICODE" && name != "SQL_ASCII") return bad;
      return Value{"UTF8"};
    }
    case Kind::kIsolation: {
      const std::string name = lower(text);
      if (name == "read committed" || name == "read uncommitted") return Value{name, 0};
      if (name == "repeatable read" || name == "serializable") return Value{name, 1};
      return bad;
    }
  }
  return bad;
}

Settings::Settings() {
  refresh();
}

Settings::Value Settings::value(std::string_view name) const {
  const auto it = current_.find(name);
  if (it != current_.end()) return it->second;
  const Row* row = find_row(name);
  if (!row) return {};
  auto parsed = check(*row, row->value);
  // fixed values were never parsed
  return parsed ? std::move(*parsed) : Value{std::string(row->value)};
}

void Settings::refresh() {
  known_.statement_timeout_ms = value("statement_timeout").number;
  known_.lock_timeout_ms = value("lock_timeout").number;
  known_.idle_transaction_timeout_ms = value("idle_in_transaction_session_timeout").number;
  known_.read_only = value("default_transaction_read_only").number != 0;
  known_.snapshot = value("default_transaction_isolation").number != 0;
}

std::vector<std::pair<std::string, std::string>> Settings::differences(const Values& before) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Row& row : kRows) {
    if (row.reported_as.empty()) continue;
    const auto it = before.find(row.name);
    const std::string was(it == before.end() ? row.value : std::string_view(it->second.text));
    const std::string is = value(row.name).text;
    if (was != is) out.emplace_back(row.reported_as, is);
  }
  return out;
}

// A custom name has words of letters, digits and _ between dots, and there are not too many names.
Status Settings::check_custom(const std::string& key, std::string_view text) const {
  bool begins = true;
  for (const char c : key) {
    const bool letter = (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80) != 0;
    const bool later = (c >= '0' && c <= '9') || c == '$';
    if (c == '.' ? begins : !letter && (begins || !later)) {
      return Error(Code::kInvalid, "invalid configuration parameter name \"" + key +
                                       "\": names of letters, digits and _, with dots between");
    }
    begins = c == '.';
  }
  if (begins || key.size() > kCustomNameBytesMax) {
    return Error(Code::kInvalid, "invalid configuration parameter name: at most " +
                                     std::to_string(kCustomNameBytesMax) +
                                     " bytes, and no dot at the end");
  }
  if (text.size() > kSettingBytesMax || text.find('\0') != std::string_view::npos) {
    return Error(Code::kInvalid, "invalid value for parameter \"" + key + "\": at most " +
                                     std::to_string(kSettingBytesMax) + " bytes, none of them 0");
  }
  if (current_.count(key) > 0) return {};
  const auto custom = std::count_if(current_.begin(), current_.end(),
                                    [](const auto& entry) { return is_custom(entry.first); });
  if (static_cast<size_t>(custom) < kCustomSettingsMax) return {};
  return Error(Code::kLimit, "a session has at most " + std::to_string(kCustomSettingsMax) +
                                 " parameters of its own");
}

Result<Settings::Change> Settings::set(std::string_view name, std::string_view text, bool local) {
  const Row* row = find_row(name);
  if (!row && !is_custom(name)) return unknown(name);
  const std::string key = lower(name);
  Value checked{std::string(text)};
  if (row) {
    auto result = check(*row, text);
    if (!result) return result.error();
    checked = std::move(*result);
  } else if (const Status fine = check_custom(key, text); !fine) {
    return fine.error();
  }
  Change change;
  if (row && !row->reported_as.empty()) change.emplace(row->reported_as, checked.text);
  if (!local) session_[key] = checked;
  current_[key] = std::move(checked);
  touched_ = true;
  refresh();
  return change;
}

Result<Settings::Change> Settings::reset(std::string_view name) {
  const Row* row = find_row(name);
  if (!row && !is_custom(name)) return unknown(name);
  const std::string key = lower(name);
  const auto it = started_.find(key);
  if (it == started_.end()) {
    current_.erase(key);
    session_.erase(key);
  } else {
    current_[key] = session_[key] = it->second;
  }
  touched_ = true;
  refresh();
  if (!row || row->reported_as.empty()) return Change();
  return Change(std::pair(std::string(row->reported_as), value(key).text));
}

std::vector<std::pair<std::string, std::string>> Settings::reset_all() {
  const Values before = current_;
  current_ = session_ = started_;
  touched_ = true;
  refresh();
  return differences(before);
}

Status Settings::start(std::string_view name, std::string_view text) {
  const auto changed = set(name, text, false);
  if (!changed) return changed.error();
  started_ = at_begin_ = session_;
  return {};
}

Result<std::string> Settings::show(std::string_view name) const {
  const std::string key = lower(name);
  if (!find_row(key) && current_.find(key) == current_.end()) return unknown(name);
  return value(key).text;
}

std::vector<std::pair<std::string, std::string>> Settings::reported() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Row& row : kRows) {
    if (!row.reported_as.empty()) out.emplace_back(row.reported_as, value(row.name).text);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Settings::finish(bool committed) {
  if (!touched_) return {};
  const Values before = current_;
  if (!committed) session_ = at_begin_;
  at_begin_ = current_ = session_;
  touched_ = false;
  refresh();
  return differences(before);
}

void Settings::report_later(Change change) {
  if (change && changes_.size() < kCustomSettingsMax) changes_.push_back(std::move(*change));
}

}  // namespace multiaz::dbnode
