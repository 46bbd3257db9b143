#include "webnode/sessions/store.h"

#include "base/core/check.h"

namespace multiaz::webnode {

namespace {

constexpr std::string_view kNames[] = {"memory", "cookie", "cache", "table"};

}  // namespace

std::span<const std::string_view> session_store_names() {
  return kNames;
}

std::unique_ptr<SessionStore> make_session_store(std::string_view name, Cache& cache,
                                                 TableConfig table) {
  if (name == "memory") return make_memory_store();
  if (name == "cookie") return make_cookie_store();
  if (name == "table") return make_table_store(std::move(table));
  CHECK(name == "cache");
  return make_cache_store(cache);
}

}  // namespace multiaz::webnode
