// A store in memory, for whole requests without a database. One request at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "awsapi/dynamodb/store.h"

namespace multiaz::awsapi::dynamodb {

class MemoryStore : public Store {
 public:
  rt::Task<Done> ensure_tables(Nanos) override { co_return Done(); }
  rt::Task<Outcome<TableInfo>> table(std::string name, Nanos) override {
    const Status good = check_table_name(name);
    if (!good) co_return good.error();
    const auto found = tables_.find(name);
    if (found != tables_.end()) co_return found->second;
    co_return fault("ResourceNotFoundException", "no table " + name);
  }
  rt::Task<Outcome<std::vector<std::string>>> table_names(Nanos) override {
    std::vector<std::string> out;
    for (const auto& [name, table] : tables_) out.push_back(name);
    co_return out;
  }
  rt::Task<Outcome<bool>> add_table(TableInfo table, Nanos) override {
    co_return tables_.emplace(table.name, table).second;
  }
  rt::Task<Done> set_table(TableInfo table, Nanos) override {
    tables_[table.name] = table;
    co_return Done();
  }
  rt::Task<Done> drop_table(TableInfo table, Nanos) override {
    tables_.erase(table.name);
    std::erase_if(items_, [&](const auto& one) { return one.first.first == table.id; });
    co_return Done();
  }
  rt::Task<Outcome<int64_t>> count_items(TableInfo, Nanos) override {
    co_return static_cast<int64_t>(items_.size());
  }
  rt::Task<Outcome<std::vector<StoredItem>>> read(std::vector<ItemRef> keys, bool, Nanos) override {
    std::vector<StoredItem> out;
    for (const ItemRef& key : keys) {
      const auto found = items_.find({key.table_id, key.key});
      out.push_back(found == items_.end() ? StoredItem() : found->second);
    }
    co_return out;
  }
  rt::Task<Outcome<bool>> write(std::vector<Change> changes, std::string token, Nanos,
                                std::string digest) override {
    for (const Change& change : changes) {
      if (change.check) continue;
      const std::pair<std::string, ItemKey> key(change.table.id, change.key);
      if (change.after.is_null()) {
        items_.erase(key);
        continue;
      }
      // Written and read once, as it comes back from a database.
      CHECK(change.after.is_object());
      items_[key] = StoredItem{change.after, change.version};
    }
    if (!token.empty()) tokens_[token] = digest;
    co_return true;
  }
  rt::Task<Outcome<std::optional<std::string>>> carried_out(std::string token, Nanos) override {
    const auto found = tokens_.find(token);
    std::optional<std::string> out;
    if (found != tokens_.end()) out = found->second;
    co_return out;
  }
  rt::Task<Outcome<std::vector<Item>>> read_range(Range range, size_t limit, bool, Nanos) override {
    std::vector<Item> out;
    for (const auto& [key, stored] : items_) {
      const bool in = key.first == range.table.id &&
                      (range.hash.empty() || key.second.hash == range.hash) &&
                      (!range.after || *range.after < key.second) && out.size() < limit;
      if (in) out.push_back(stored.item);
    }
    co_return out;
  }
  rt::Task<Outcome<int64_t>> sweep(Nanos) override { co_return int64_t{0}; }

  void clear() {
    tables_.clear();
    items_.clear();
    tokens_.clear();
  }

 private:
  std::map<std::string, TableInfo> tables_;
  std::map<std::pair<std::string, ItemKey>, StoredItem> items_;
  std::map<std::string, std::string> tokens_;
};

}  // namespace multiaz::awsapi::dynamodb
