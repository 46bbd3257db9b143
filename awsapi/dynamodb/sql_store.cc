#include "awsapi/dynamodb/sql_store.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "awsapi/dynamodb/fault.h"
#include "base/core/jsonio.h"
#include "base/core/random.h"

namespace multiaz::awsapi::dynamodb {

namespace {

using clients::Batch;
using clients::Param;
using clients::Params;
using clients::Rows;
using clients::RowSets;
using clients::Statement;

constexpr int64_t kNever = 0;
constexpr int kStoredDepthMax = 2 * static_cast<int>(kNestingMax) + 8;
constexpr int64_t kFiveYearsS = 5LL * 365 * 24 * 3600;

constexpr const char* kCreate[] = {
    "CREATE TABLE IF NOT EXISTS ddb_tables (name TEXT PRIMARY KEY, info TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS ddb_items (tbl TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, "
    "version TEXT NOT NULL, expires BIGINT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (tbl, pk, "
    "sk))",
    "CREATE INDEX IF NOT EXISTS ddb_expires ON ddb_items (expires)",
    // A row of this table is a proof: it can be inserted only when everything is as it was read.
    "CREATE TABLE IF NOT EXISTS ddb_proofs (token TEXT PRIMARY KEY, digest TEXT NOT NULL, made_ms "
    "BIGINT NOT NULL, "
    "ok BIGINT NOT NULL CHECK (ok = 1))",
};

// Reads a stored item. Another program may have written to the table, so errors are returned.
Result<Item> item_from(std::string_view text) {
  auto item = jsonio::parse_object(text, kStoredDepthMax);
  Status good = item ? check_item(*item) : Status(item.error());
  if (good) return item;
  return Error(Code::kCorrupt, "a stored item: " + good.error().detail);
}

int64_t expires(const Change& change) {
  return expiry_of(change.table, change.after).value_or(kNever);
}

void append_change(const Change& c, Batch& batch) {
  if (c.check) return;
  const Params key = {Param(c.table.id), Param(c.key.hash), Param(c.key.range)};
  Params all = key;
  if (c.after.is_null()) {
    all.emplace_back(c.before);
    batch.push_back(Statement(
        "DELETE FROM ddb_items WHERE tbl = $1 AND pk = $2 AND sk = $3 AND version = $4", all));
    return;
  }
  all.emplace_back(c.version);
  all.emplace_back(expires(c));
  all.emplace_back(jsonio::dump(c.after));
  if (c.before.empty()) {
    batch.push_back(
        Statement("INSERT INTO ddb_items (tbl, pk, sk, version, expires, item) VALUES ($1, $2, $3, "
                  "$4, $5, $6) "
                  "ON CONFLICT (tbl, pk, sk) DO NOTHING",
                  all));
    return;
  }
  all.emplace_back(c.before);
  batch.push_back(
      Statement("UPDATE ddb_items SET version = $4, expires = $5, item = $6 WHERE tbl = "
                "$1 AND pk = $2 AND sk = $3 AND version = $7",
                all));
}

// After the changes every item has the version that it should have; a deleted item, or one that
// must not exist, has none. ok = 1 when the count is right.
Statement proof(const std::vector<Change>& changes, const std::string& token,
                const std::string& digest) {
  Params params = {Param(token), Param(digest), Param(static_cast<int64_t>(wall_now_ms()))};
  std::string there, gone;
  int64_t wanted = 0;
  for (const Change& c : changes) {
    const std::string version = c.check ? c.before : c.after.is_null() ? "" : c.version;
    std::string where;
    for (const std::string& value : {c.table.id, c.key.hash, c.key.range}) {
      static constexpr const char* kColumns[] = {"tbl", "pk", "sk"};
      const size_t column = where.empty() ? 0 : where.find("pk = ") == std::string::npos ? 1 : 2;
      params.emplace_back(value);
      where += (where.empty() ? "" : " AND ") + std::string(kColumns[column]) + " = $" +
               std::to_string(params.size());
    }
    if (version.empty()) {
      gone += (gone.empty() ? "(" : " OR (") + where + ")";
      continue;
    }
    params.emplace_back(version);
    there += (there.empty() ? "(" : " OR (") + where + " AND version = $" +
             std::to_string(params.size()) + ")";
    ++wanted;
  }
  std::string sum;
  if (!there.empty()) sum += "(SELECT COUNT(*) FROM ddb_items WHERE " + there + ")";
  if (!gone.empty()) {
    sum += (sum.empty() ? "0 - 1000 * " : " - 1000 * ") +
           ("(SELECT COUNT(*) FROM ddb_items WHERE " + gone + ")");
  }
  return Statement(
      "INSERT INTO ddb_proofs (token, digest, made_ms, ok) SELECT $1, $2, $3, CASE WHEN " + sum +
          " = " + std::to_string(wanted) + " THEN 1 ELSE 0 END",
      params);
}

Error outage(const Error& error) {
  return Error(error.code == Code::kTimeout ? Code::kTimeout : Code::kUnavailable, error.detail);
}

}  // namespace

std::optional<int64_t> expiry_of(const TableInfo& table, const Item& item) {
  if (table.ttl_attribute.empty() || !item.is_object()) return std::nullopt;
  const auto found = item.find(table.ttl_attribute);
  if (found == item.end() || type_of(*found) != "N") return std::nullopt;
  const std::string text = jsonio::text_or_empty(content_of(*found));
  int64_t at = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), at);
  if (read.ec != std::errc() || at <= 0) return std::nullopt;
  // AWS ignores times that are more than five years in the past.
  const int64_t now = static_cast<int64_t>(wall_now_ms()) / 1000;
  return at < now - kFiveYearsS ? std::nullopt : std::optional(at);
}

rt::Task<Done> SqlStore::ensure_tables(Nanos until) {
  Batch batch;
  for (const char* sql : kCreate) batch.push_back(Statement(sql));
  const Result<RowSets> done = co_await db_.transaction(std::move(batch), until);
  if (!done) co_return outage(done.error());
  co_return Done();
}

rt::Task<Outcome<TableInfo>> SqlStore::table(std::string name, Nanos until) {
  const Status good = check_table_name(name);
  if (!good) co_return good.error();
  const auto known = known_.find(name);
  const bool fresh =
      known != known_.end() && monotonic_now() - known->second.at < kTableKnownMs * kMillisecond;
  if (fresh) co_return known->second.table;
  Batch batch;
  batch.push_back(Statement("SELECT info FROM ddb_tables WHERE name = $1", {Param(name)}));
  const Result<RowSets> rows = co_await db_.run(std::move(batch), until);
  if (!rows) co_return outage(rows.error());
  if (rows->front().empty()) {
    known_.erase(name);
    co_return fault("ResourceNotFoundException",
                    "Requested resource not found: Table: " + name + " not found");
  }
  auto table = table_from_json(rows->front().text(0, 0));
  if (!table) co_return table.error();
  Known now;
  now.table = *table;
  now.at = monotonic_now();
  known_[name] = now;
  co_return *table;
}

rt::Task<Outcome<std::vector<std::string>>> SqlStore::table_names(Nanos until) {
  Batch batch;
  batch.push_back(Statement("SELECT name FROM ddb_tables ORDER BY name"));
  const Result<RowSets> rows = co_await db_.run(std::move(batch), until);
  if (!rows) co_return outage(rows.error());
  std::vector<std::string> out;
  for (size_t i = 0; i < rows->front().size(); ++i) out.push_back(rows->front().text(i, 0));
  co_return out;
}

rt::Task<Outcome<bool>> SqlStore::add_table(TableInfo table, Nanos until) {
  Batch batch;
  batch.push_back(
      Statement("INSERT INTO ddb_tables (name, info) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                {Param(table.name), Param(table_to_json(table))}));
  batch.push_back(Statement("SELECT info FROM ddb_tables WHERE name = $1", {Param(table.name)}));
  const Result<RowSets> rows = co_await db_.transaction(std::move(batch), until);
  if (!rows) co_return outage(rows.error());
  if ((*rows)[1].empty()) co_return false;  // another request has deleted it
  const auto there = table_from_json((*rows)[1].text(0, 0));
  co_return there && there->id == table.id;
}

rt::Task<Done> SqlStore::set_table(TableInfo table, Nanos until) {
  known_.erase(table.name);
  Batch batch;
  batch.push_back(Statement("UPDATE ddb_tables SET info = $2 WHERE name = $1",
                            {Param(table.name), Param(table_to_json(table))}));
  const Result<RowSets> done = co_await db_.run(std::move(batch), until);
  if (!done) co_return outage(done.error());
  co_return Done();
}

rt::Task<Done> SqlStore::drop_table(TableInfo table, Nanos until) {
  known_.erase(table.name);
  Batch batch;
  batch.push_back(Statement("DELETE FROM ddb_tables WHERE name = $1", {Param(table.name)}));
  batch.push_back(Statement("DELETE FROM ddb_items WHERE tbl = $1", {Param(table.id)}));
  const Result<RowSets> done = co_await db_.transaction(std::move(batch), until);
  if (!done) co_return outage(done.error());
  co_return Done();
}

rt::Task<Outcome<int64_t>> SqlStore::count_items(TableInfo table, Nanos until) {
  Batch batch;
  batch.push_back(Statement("SELECT COUNT(*) FROM ddb_items WHERE tbl = $1", {Param(table.id)}));
  const Result<RowSets> rows = co_await db_.run(std::move(batch), until);
  if (!rows) co_return outage(rows.error());
  co_return rows->front().number(0, 0);
}

rt::Task<Result<RowSets>> SqlStore::look(Batch batch, bool consistent, Nanos until) {
  Result<RowSets> rows = Error(Code::kUnavailable, "");
  if (consistent)
    rows = co_await db_.run(std::move(batch), until);
  else
    rows = co_await db_.browse(std::move(batch), until);
  co_return rows;
}

rt::Task<Outcome<std::vector<StoredItem>>> SqlStore::read(std::vector<ItemRef> keys,
                                                          bool consistent, Nanos until) {
  Batch batch;
  for (const ItemRef& one : keys) {
    batch.push_back(
        Statement("SELECT version, item FROM ddb_items WHERE tbl = $1 AND pk = $2 AND sk = $3",
                  {Param(one.table_id), Param(one.key.hash), Param(one.key.range)}));
  }
  const Result<RowSets> rows = co_await look(std::move(batch), consistent, until);
  if (!rows) co_return outage(rows.error());
  std::vector<StoredItem> out;
  for (const Rows& one : *rows) {
    StoredItem stored;
    if (!one.empty()) {
      stored.version = one.text(0, 0);
      auto item = item_from(one.view(0, 1));
      if (!item) co_return item.error();
      stored.item = std::move(*item);
    }
    out.push_back(std::move(stored));
  }
  co_return out;
}

rt::Task<Outcome<bool>> SqlStore::write(std::vector<Change> changes, std::string token, Nanos until,
                                        std::string digest) {
  if (token.empty()) token = secret_hex(12);
  Batch batch;
  for (const Change& change : changes) append_change(change, batch);
  batch.push_back(proof(changes, token, digest));
  const Result<RowSets> done = co_await db_.transaction(std::move(batch), until);
  if (done) co_return true;
  // The proof exists already: by an earlier attempt whose answer was lost, or by a repetition of
  // the same request.
  if (done.error().code == Code::kConflict) co_return true;
  if (done.error().code == Code::kLimit) co_return false;
  co_return outage(done.error());
}

rt::Task<Outcome<std::optional<std::string>>> SqlStore::carried_out(std::string token,
                                                                    Nanos until) {
  Batch batch;
  batch.push_back(Statement("SELECT digest FROM ddb_proofs WHERE token = $1", {Param(token)}));
  const Result<RowSets> rows = co_await db_.run(std::move(batch), until);
  if (!rows) co_return outage(rows.error());
  std::optional<std::string> digest;
  if (!rows->front().empty()) digest = rows->front().text(0, 0);
  co_return digest;
}

rt::Task<Outcome<std::vector<Item>>> SqlStore::read_range(Range range, size_t limit,
                                                          bool consistent, Nanos until) {
  Params params = {Param(range.table.id)};
  std::string where = "tbl = $1";
  const auto add = [&](const std::string& condition, const std::string& value) {
    params.emplace_back(value);
    where += " AND " + condition + " $" + std::to_string(params.size());
  };
  if (!range.hash.empty()) add("pk =", range.hash);
  if (!range.low.empty()) add(range.low_open ? "sk >" : "sk >=", range.low);
  if (!range.high.empty()) add(range.high_open ? "sk <" : "sk <=", range.high);
  if (range.after) {
    const std::string beyond = range.backwards ? "<" : ">";
    if (!range.hash.empty()) {
      add("sk " + beyond, range.after->range);
    } else {
      params.emplace_back(range.after->hash);
      params.emplace_back(range.after->range);
      const std::string pk = "$" + std::to_string(params.size() - 1),
                        sk = "$" + std::to_string(params.size());
      where += " AND (pk > " + pk + " OR (pk = " + pk + " AND sk > " + sk + "))";
    }
  }
  const std::string order = range.backwards ? " ORDER BY pk DESC, sk DESC" : " ORDER BY pk, sk";
  params.emplace_back(static_cast<int64_t>(limit));
  Batch batch;
  batch.push_back(Statement("SELECT item FROM ddb_items WHERE " + where + order + " LIMIT $" +
                                std::to_string(params.size()),
                            params));
  const Result<RowSets> rows = co_await look(std::move(batch), consistent, until);
  if (!rows) co_return outage(rows.error());
  std::vector<Item> out;
  const Rows& found = rows->front();
  for (size_t i = 0; i < found.size(); ++i) {
    auto item = item_from(found.view(i, 0));
    if (!item) co_return item.error();
    out.push_back(std::move(*item));
  }
  co_return out;
}

rt::Task<Outcome<int64_t>> SqlStore::sweep(Nanos until) {
  const auto now_s = static_cast<int64_t>(wall_now_ms()) / 1000;
  constexpr int64_t kTokensKeptMs = 600'000;  // a ClientRequestToken is valid for ten minutes
  Batch batch;
  batch.push_back(
      Statement("DELETE FROM ddb_items WHERE expires > 0 AND expires < $1", {Param(now_s)}));
  batch.push_back(Statement("DELETE FROM ddb_proofs WHERE made_ms < $1",
                            {Param(static_cast<int64_t>(wall_now_ms()) - kTokensKeptMs)}));
  const Result<RowSets> done = co_await db_.run(std::move(batch), until);
  if (!done) co_return outage(done.error());
  co_return (*done)[0].affected();
}

}  // namespace multiaz::awsapi::dynamodb
