#include "webnode/shop/order_sql.h"

#include <map>

namespace multiaz::webnode {

namespace {

// "($3,$4,$5)" with numbers that continue at `next`.
std::string placeholders(size_t count, size_t& next) {
  std::string out = "(";
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) out += ",";
    out += "$" + std::to_string(next++);
  }
  return out + ")";
}

Statement lines_statement(const Order& order) {
  Params params;
  std::string rows;
  size_t next = 1;
  int64_t position = 0;
  for (const CartLine& line : order.lines) {
    const Params values = {Param(order.id),        Param(position++), Param(line.line),
                           Param(line.op),         Param(line.uid),   Param(line.product),
                           Param(line.name),       Param(line.size),  Param(line.qty),
                           Param(line.price_cents)};
    if (!rows.empty()) rows += ",";
    rows += placeholders(values.size(), next);
    params.insert(params.end(), values.begin(), values.end());
  }
  return Statement(
      "INSERT INTO order_lines (order_id, position, line, op, uid, product, name, size, qty, "
      "price_cents) VALUES " +
          rows,
      std::move(params));
}

CartLine read_order_line(const Rows& rows, size_t row) {
  CartLine line;
  line.line = rows.text(row, 1);
  line.op = rows.text(row, 2);
  line.uid = rows.text(row, 3);
  line.product = rows.number(row, 4);
  line.name = rows.text(row, 5);
  line.size = rows.text(row, 6);
  line.qty = rows.number(row, 7);
  line.price_cents = rows.number(row, 8);
  return line;
}

}  // namespace

Batch order_batch(const Order& order) {
  Batch batch;
  batch.push_back(Statement(
      "INSERT INTO orders (id, account, created_ms, total_cents, idempotency_key, request_digest, "
      "ship_to) VALUES ($1, $2, $3, $4, $5, $6, $7)",
      {Param(order.id), Param(order.account), Param(order.created_ms), Param(order.total_cents),
       Param(order.key), Param(order.request_digest), Param(order.ship_to)}));
  batch.push_back(lines_statement(order));
  // Always in the same order, so that two checkouts cannot wait for each other.
  std::map<std::pair<int64_t, std::string>, int64_t> taken;
  for (const CartLine& line : order.lines) taken[{line.product, line.size}] += line.qty;
  for (const auto& [what, qty] : taken) {
    batch.push_back(Statement("UPDATE stock SET qty = qty - $1 WHERE product = $2 AND size = $3",
                              {Param(qty), Param(what.first), Param(what.second)}));
  }
  return batch;
}

void append_order_query(const OrderQuery& query, Batch& batch) {
  Params params;
  std::string which;
  const std::pair<const char*, const std::string*> parts[] = {
      {"o.id", &query.id}, {"o.account", &query.account}, {"o.idempotency_key", &query.key}};
  for (const auto& [column, value] : parts) {
    if (value->empty()) continue;
    params.emplace_back(*value);
    which += which.empty() ? " WHERE " : " AND ";
    which += std::string(column) + " = $" + std::to_string(params.size());
  }
  params.emplace_back(query.limit);
  params.emplace_back(query.skip);
  which += " ORDER BY o.created_ms DESC, o.id DESC LIMIT $" + std::to_string(params.size() - 1) +
           " OFFSET $" + std::to_string(params.size());
  batch.push_back(Statement(
      "SELECT o.id, o.account, o.created_ms, o.total_cents, o.idempotency_key, o.request_digest, "
      "o.ship_to FROM orders o" +
          which,
      params));
  batch.push_back(Statement(
      "SELECT l.order_id, l.line, l.op, l.uid, l.product, l.name, l.size, l.qty, l.price_cents "
      "FROM order_lines l WHERE l.order_id IN (SELECT o.id FROM orders o" +
          which + ") ORDER BY l.order_id, l.position",
      params));
}

std::vector<Order> read_orders(const Rows& heads, const Rows& lines) {
  std::vector<Order> orders(heads.size());
  std::map<std::string, Order*, std::less<>> by_id;
  for (size_t i = 0; i < heads.size(); ++i) {
    Order& order = orders[i];
    order.id = heads.text(i, 0);
    order.account = heads.text(i, 1);
    order.created_ms = heads.number(i, 2);
    order.total_cents = heads.number(i, 3);
    order.key = heads.text(i, 4);
    order.request_digest = heads.text(i, 5);
    order.ship_to = heads.text(i, 6);
    by_id[order.id] = &order;
  }
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto found = by_id.find(lines.view(i, 0));
    if (found != by_id.end()) found->second->lines.push_back(read_order_line(lines, i));
  }
  return orders;
}

Statement ordered_uids(const std::vector<CartLine>& lines) {
  Params params;
  for (const CartLine& line : lines) params.emplace_back(line.uid);
  if (params.empty()) params.emplace_back(std::string());
  size_t next = 1;
  return Statement("SELECT uid FROM order_lines WHERE uid IN " + placeholders(params.size(), next),
                   params);
}

Batch stock_batch(const std::vector<CartLine>& lines) {
  Batch batch;
  for (const CartLine& line : lines) {
    batch.push_back(Statement("SELECT qty FROM stock WHERE product = $1 AND size = $2",
                              {Param(line.product), Param(line.size)}));
  }
  return batch;
}

}  // namespace multiaz::webnode
