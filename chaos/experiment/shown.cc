// Does the shop show what the database has? It is checked when no shopper is active any more, so a
// difference is a value that the cache should have deleted (Nishtala et al., "Scaling Memcache",
// 2013).
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/http/client.h"
#include "chaos/experiment/books.h"
#include "clients/pg_conn.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kShownMs = 3'000;
constexpr size_t kWrongMax = 20;
constexpr const char* kOrderedStock =
    "SELECT product, size, qty FROM stock WHERE product IN "
    "(SELECT DISTINCT product FROM order_lines ORDER BY product LIMIT 100) ORDER BY product";

using Sizes = std::map<std::string, int64_t>;

rt::Task<std::map<int64_t, Sizes>> stock_there(std::string url) {
  std::map<int64_t, Sizes> out;
  clients::PgTarget target;
  target.url = std::move(url);
  target.application = "chaos";
  clients::PgConn conn(target);
  const Nanos until = monotonic_now() + kShownMs * kMillisecond;
  const Status connected = co_await conn.connect(until);
  if (!connected) co_return out;
  clients::Batch batch;
  batch.push_back(clients::Statement(kOrderedStock));
  const clients::Outcome done = co_await conn.execute(batch, false, until);
  if (done.error) co_return out;
  const clients::Rows& rows = done.rows.front();
  for (size_t i = 0; i < rows.size(); ++i) {
    out[rows.number(i, 0)][rows.text(i, 1)] = rows.number(i, 2);
  }
  co_return out;
}

void compare(int64_t product, const Sizes& there, const std::string& body, ShownEnd& out) {
  const auto page = jsonio::parse_object(body);
  const nlohmann::json* stock = page ? jsonio::find(*page, "stock") : nullptr;
  if (stock == nullptr) return;
  ++out.looked_at;
  for (const auto& [size, left] : there) {
    const auto told = jsonio::integer(*stock, size, -1, std::numeric_limits<int64_t>::max(), -1);
    const int64_t shown = told ? *told : -1;
    if (shown == left || out.wrong.size() >= kWrongMax) continue;
    out.wrong.push_back("product " + std::to_string(product) + " size " + size + ": " +
                        std::to_string(shown) + " shown, " + std::to_string(left) + " there");
  }
}

}  // namespace

rt::Task<ShownEnd> read_shown(const Cluster& cluster) {
  ShownEnd out;
  const std::string url = cluster.facts().endpoint("db");
  if (url.empty()) co_return out;
  const auto there = co_await stock_there(url);
  http::Client client{http::ClientConfig()};
  for (const auto& [product, sizes] : there) {
    http::Request request("GET", "/api/products/" + std::to_string(product), "");
    request.headers.set("Host", "shop.multiaz.test");
    const auto answer = co_await client.fetch(cluster.facts().shop, std::move(request), kShownMs);
    if (answer && answer->status == 200) compare(product, sizes, answer->body, out);
  }
  co_return out;
}

}  // namespace multiaz::chaos
