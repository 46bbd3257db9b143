#include "webnode/shop/schema.h"

#include <malloc.h>

#include <optional>

#include "base/core/log.h"
#include "base/rt/sync.h"
#include "webnode/shop/catalogue.h"
#include "webnode/shop/text.h"

namespace multiaz::webnode {

namespace {

constexpr uint64_t kSchemaPollMs = 15;
constexpr uint64_t kSchemaAttemptMs = 5'000;
constexpr int64_t kRowsPerInsert = 250;

// SQL that both SQLite and PostgreSQL understand.
constexpr const char* kTables[] = {
    "CREATE TABLE products (id BIGINT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, "
    "colour TEXT NOT NULL, sizes TEXT NOT NULL, price_cents BIGINT NOT NULL, "
    "description TEXT NOT NULL, search TEXT NOT NULL)",
    "CREATE INDEX products_category ON products (category, id)",
    "CREATE TABLE stock (product BIGINT NOT NULL, size TEXT NOT NULL, "
    "qty BIGINT NOT NULL CHECK (qty >= 0), PRIMARY KEY (product, size))",
    "CREATE TABLE accounts (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
    "password TEXT NOT NULL, created_ms BIGINT NOT NULL)",
    "CREATE TABLE addresses (account TEXT PRIMARY KEY, recipient TEXT NOT NULL, "
    "street TEXT NOT NULL, city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL)",
    "CREATE TABLE orders (id TEXT PRIMARY KEY, account TEXT NOT NULL, created_ms BIGINT NOT NULL, "
    "total_cents BIGINT NOT NULL, idempotency_key TEXT NOT NULL, "
    "request_digest TEXT NOT NULL, ship_to TEXT NOT NULL, UNIQUE (account, idempotency_key))",
    "CREATE INDEX orders_account ON orders (account, created_ms)",
    // uid is unique: a cart line is ordered once, whatever keys its shopper sends.
    "CREATE TABLE order_lines (order_id TEXT NOT NULL, position BIGINT NOT NULL, "
    "line TEXT NOT NULL, op TEXT NOT NULL, uid TEXT NOT NULL UNIQUE, product BIGINT NOT NULL, "
    "name TEXT NOT NULL, size TEXT NOT NULL, qty BIGINT NOT NULL, price_cents BIGINT NOT NULL, "
    "PRIMARY KEY (order_id, position))",
};

// The upgrade from version 1, where a key belonged to the first account that used it. SQLite cannot
// drop a column's UNIQUE, so the table is made again in the same transaction.
constexpr const char* kFromVersion1[] = {
    "CREATE TABLE orders_of_accounts (id TEXT PRIMARY KEY, account TEXT NOT NULL, "
    "created_ms BIGINT NOT NULL, total_cents BIGINT NOT NULL, idempotency_key TEXT NOT NULL, "
    "request_digest TEXT NOT NULL, ship_to TEXT NOT NULL, UNIQUE (account, idempotency_key))",
    "INSERT INTO orders_of_accounts (id, account, created_ms, total_cents, idempotency_key, "
    "request_digest, ship_to) SELECT id, account, created_ms, total_cents, idempotency_key, "
    "request_digest, ship_to FROM orders",
    "DROP TABLE orders",
    "ALTER TABLE orders_of_accounts RENAME TO orders",
    "CREATE INDEX orders_account ON orders (account, created_ms)",
};

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string product_row(const Product& product) {
  const std::string search = lower_ascii(product.name + " " + product.category);
  return "(" + std::to_string(product.id) + "," + sql_text(product.name) + "," +
         sql_text(product.category) + "," + sql_text(product.colour) + "," +
         sql_text(join_sizes(product.sizes)) + "," + std::to_string(product.price_cents) + "," +
         sql_text(product.description) + "," + sql_text(search) + ")";
}

void append_stock_rows(const Product& product, std::string& sql) {
  for (size_t i = 0; i < product.sizes.size(); ++i) {
    if (sql.back() == ')') sql += ",";
    sql += "(" + std::to_string(product.id) + "," + sql_text(product.sizes[i]) + "," +
           std::to_string(initial_stock(product.id, i)) + ")";
  }
}

void append_catalogue(Batch& batch) {
  for (int64_t first = 1; first <= kProductCount; first += kRowsPerInsert) {
    std::string products = "INSERT INTO products VALUES ";
    std::string stock = "INSERT INTO stock VALUES ";
    for (int64_t id = first; id < first + kRowsPerInsert && id <= kProductCount; ++id) {
      const Product product = make_product(id);
      if (products.back() == ')') products += ",";
      products += product_row(product);
      append_stock_rows(product, stock);
    }
    batch.push_back(Statement(std::move(products)));
    batch.push_back(Statement(std::move(stock)));
  }
}

// The newest version that was applied; 0 for none, nullopt when the database did not answer.
rt::Task<std::optional<int64_t>> version_of(Shop& shop) {
  Batch batch;
  batch.push_back(Statement("SELECT version FROM schema_version ORDER BY version DESC LIMIT 1"));
  const Nanos until = monotonic_now() + kSchemaAttemptMs * kMillisecond;
  const Result<RowSets> rows = co_await shop.db.run(std::move(batch), until);
  if (rows) co_return rows->front().empty() ? 0 : rows->front().number(0, 0);
  if (rows.error().code == Code::kNotFound) co_return 0;  // no such table
  co_return std::nullopt;
}

rt::Task<void> migrate(Shop& shop, int64_t from) {
  const Nanos begin = monotonic_now();
  Batch batch = from == 0 ? migration_batch() : upgrade_batch();
  const Nanos until = begin + kSchemaAttemptMs * kMillisecond;
  const Result<RowSets> done = co_await shop.db.transaction(std::move(batch), until);
  if (done) {
    const std::string took =
        " in " + std::to_string((monotonic_now() - begin) / kMillisecond) + " ms";
    log::info(from == 0 ? "created the tables and 1000 products" + took
                        : "brought the tables to version " + std::to_string(kSchemaVersion) + took);
    shop.db.shed_primary();  // frees the buffers that have grown for the one large batch
    co_return;
  }
  log::info("could not create the tables (another instance may have done it): " +
            done.error().text());
}

Statement version_row(int64_t version) {
  return Statement("INSERT INTO schema_version (version, applied_ms) VALUES ($1, $2)",
                   {Param(version), Param(wall_now_ms())});
}

}  // namespace

Batch migration_batch() {
  Batch batch;
  batch.push_back(Statement(
      "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, applied_ms BIGINT)"));
  // One row for each version, so that instances of an older one find theirs in a rolling
  // deployment.
  for (int64_t version = 1; version <= kSchemaVersion; ++version)
    batch.push_back(version_row(version));
  for (const char* table : kTables) batch.push_back(Statement(table));
  append_catalogue(batch);
  return batch;
}

Batch upgrade_batch() {
  Batch batch;
  batch.push_back(version_row(kSchemaVersion));
  for (const char* step : kFromVersion1) batch.push_back(Statement(step));
  return batch;
}

rt::Task<void> ensure_schema(Shop& shop, uint64_t patience_ms, rt::Stop& stop) {
  const Nanos own_turn = monotonic_now() + patience_ms * kMillisecond;
  while (!stop.requested()) {
    const std::optional<int64_t> version = co_await version_of(shop);
    shop.schema_seen = version && *version >= kSchemaVersion;
    if (shop.schema_seen) break;
    if (monotonic_now() >= own_turn && shop.db.primary().healthy()) {
      co_await migrate(shop, version.value_or(0));
      malloc_trim(0);
      continue;
    }
    (void)co_await rt::sleep_ms(kSchemaPollMs, stop);
  }
}

}  // namespace multiaz::webnode
