#include "cachenode/keyspace/database.h"

#include <algorithm>
#include <optional>

#include "base/core/check.h"

namespace multiaz::cachenode {

void Database::replace(Keyspace fresh, Lsn lsn) {
  journal_.forget(lsn);
  keys_.replace(std::move(fresh));
}

void Database::drop_expired(std::string_view key) {
  if (keys_.expiring() == 0 || !keys_.holds_expired(key, now_ms_)) return;
  journal_.execute(EntryChange{std::string(key), std::nullopt});
}

void Database::put(std::string_view key, std::string_view text, int64_t expire_ms) {
  EntryChange change{std::string(key), std::nullopt};
  change.entry.emplace();
  change.entry->value.emplace<std::string>(text);
  change.entry->expire_ms = expire_ms;
  journal_.execute(std::move(change));
}

bool Database::erase(std::string_view key) {
  if (!find(key)) return false;
  journal_.execute(EntryChange{std::string(key), std::nullopt});
  return true;
}

void Database::set_expiry(std::string_view key, int64_t expire_ms) {
  journal_.execute(ExpiryChange{std::string(key), expire_ms});
}

void Database::splice(std::string_view key, size_t offset, size_t length, std::string bytes) {
  journal_.execute(SpliceChange{std::string(key), offset, length, std::move(bytes)});
}

void Database::rename(std::string_view from, std::string_view to) {
  CHECK(from != to);
  if (find(to)) erase(to);
  journal_.execute(SwapChange{std::string(from), std::string(to)});
}

void Database::clear() {
  if (keys_.size() > 0) journal_.execute(AllChange{});
}

size_t Database::set_fields(std::string_view key, Fields fields) {
  const Change& before = journal_.execute(FieldsChange{std::string(key), std::move(fields)});
  const Fields& old = std::get<FieldsChange>(before).fields;
  return static_cast<size_t>(
      std::count_if(old.begin(), old.end(), [](const auto& field) { return !field.second; }));
}

size_t Database::erase_fields(std::string_view key, const std::vector<std::string_view>& fields) {
  const Entry* entry = find(key);
  if (!entry) return 0;
  const HashValue& hash = *entry->hash();
  std::vector<std::string_view> named = fields;  // because a field may be named twice
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  Fields gone;
  for (const std::string_view field : named) {
    if (hash.find(field)) gone.emplace_back(std::string(field), std::nullopt);
  }
  const size_t count = gone.size();
  if (count == 0) return 0;
  if (count == hash.size())
    journal_.execute(EntryChange{std::string(key), std::nullopt});
  else
    journal_.execute(FieldsChange{std::string(key), std::move(gone)});
  return count;
}

}  // namespace multiaz::cachenode
