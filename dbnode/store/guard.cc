#include "dbnode/store/guard.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <string>

namespace multiaz::dbnode::store {
namespace {

// Pragmas that describe the schema or check the data; some take a table's name as their argument.
constexpr std::array<std::string_view, 14> kDescribing = {
    "table_info",    "table_xinfo",      "table_list",        "index_list",      "index_info",
    "index_xinfo",   "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check",
    "database_list", "collation_list",   "function_list",     "compile_options"};
// Pragmas that may be read but not set, because the page store depends on them.
constexpr std::array<std::string_view, 10> kReadable = {
    "page_count",   "page_size",   "freelist_count", "encoding",       "journal_mode",
    "foreign_keys", "auto_vacuum", "data_version",   "schema_version", "max_page_count"};
// Plain values in the database header, which migrations use.
constexpr std::array<std::string_view, 2> kSettable = {"user_version", "application_id"};
// Functions that are refused: json_patch compares every name with every other in one instruction
// that cannot be interrupted.
constexpr std::array<std::string_view, 4> kFunctionsDenied = {"load_extension", "fts3_tokenizer",
                                                              "sqlite_log", "json_patch"};
constexpr std::array<std::string_view, 4> kModules = {"fts5", "fts5vocab", "rtree", "rtree_i32"};

template <typename List>
bool listed(const List& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [name](std::string_view entry) {
    return entry.size() == name.size() && strncasecmp(entry.data(), name.data(), name.size()) == 0;
  });
}

}  // namespace

bool pragma_allowed(std::string_view name, const char* argument) {
  if (listed(kDescribing, name) || listed(kSettable, name)) return true;
  return argument == nullptr && listed(kReadable, name);
}

bool function_allowed(std::string_view name) {
  return !listed(kFunctionsDenied, name);
}

bool module_allowed(std::string_view name) {
  return listed(kModules, name);
}

}  // namespace multiaz::dbnode::store
