#include "chaos/checkers/ledger.h"

#include <algorithm>
#include <utility>

#include "base/core/check.h"

namespace multiaz::chaos {

namespace {

std::string describe(const std::optional<CartLine>& line) {
  if (!line) return "no such line";
  return "qty " + std::to_string(line->qty) + " (write " + line->op + ")";
}

}  // namespace

std::string_view to_string(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::kLostWrite: return "lost acknowledged write";
    case Finding::Kind::kPhantomLine: return "phantom cart line";
    case Finding::Kind::kLostOrder: return "lost order";
    case Finding::Kind::kDuplicateOrder: return "duplicate order";
    case Finding::Kind::kPhantomOrder: return "phantom order";
    case Finding::Kind::kLostSession: return "lost session";
    case Finding::Kind::kReplayedOrder: return "replayed order";
  }
  return "?";
}

std::string first_finding(const std::vector<Finding>& findings) {
  if (findings.empty()) return "";
  const Finding& one = findings.front();
  return "; first: " + std::string(to_string(one.kind)) + ", session " + one.session + ", " +
         one.subject + ": " + one.text +
         (one.told_by.empty() ? "" : " (told by " + one.told_by + ")");
}

void Ledger::settle(State& state, std::optional<CartLine> next, const std::string& op,
                    Outcome outcome) {
  CHECK_NOTE(!state.in_doubt, "a shopper touched a line whose last write is in doubt");
  switch (outcome) {
    case Outcome::kRefused: return;
    case Outcome::kAcked:
      state.sure = std::move(next);
      state.sure_op = op;
      return;
    case Outcome::kInDoubt:
      state.in_doubt = true;
      state.maybe = std::move(next);
      return;
  }
}

void Ledger::put(const CartLine& line, Outcome outcome) {
  if (outcome == Outcome::kAcked) ++acked_writes_;
  if (outcome == Outcome::kInDoubt) ++in_doubt_writes_;
  settle(lines_[line.line], line, line.op, outcome);
}

void Ledger::removed(const std::string& line, const std::string& op, Outcome outcome) {
  if (outcome == Outcome::kAcked) ++acked_writes_;
  if (outcome == Outcome::kInDoubt) ++in_doubt_writes_;
  settle(lines_[line], std::nullopt, op, outcome);
}

void Ledger::checked_out(const Order& order, Outcome outcome) {
  if (outcome == Outcome::kRefused) return;
  if (outcome == Outcome::kAcked) {
    orders_[order.key] = order;
    for (const std::string& line : order.lines) {
      settle(lines_[line], std::nullopt, "order " + order.order, outcome);
    }
    return;
  }
  // The order is in doubt: every line that could have been ordered may be in the cart or not.
  keys_in_doubt_.insert(order.key);
  for (auto& [id, state] : lines_) {
    if (state.in_doubt || !state.sure) continue;
    settle(state, std::nullopt, "order with key " + order.key, outcome);
  }
}

std::vector<CartLine> Ledger::settled_lines() const {
  std::vector<CartLine> out;
  for (const auto& [id, state] : lines_) {
    if (!state.in_doubt && state.sure) out.push_back(*state.sure);
  }
  return out;
}

bool Ledger::settled() const {
  return std::ranges::none_of(lines_, [](const auto& entry) { return entry.second.in_doubt; });
}

size_t Ledger::sure_lines() const {
  return static_cast<size_t>(std::ranges::count_if(lines_, [](const auto& entry) {
    const State& state = entry.second;
    return state.sure && (!state.in_doubt || state.maybe);
  }));
}

std::vector<Finding> Ledger::judge_cart(const std::vector<CartLine>& seen) const {
  std::vector<Finding> out;
  std::map<std::string, CartLine> by_line;
  for (const CartLine& line : seen) by_line[line.line] = line;
  for (const auto& [id, state] : lines_) {
    std::optional<CartLine> actual;
    if (const auto found = by_line.find(id); found != by_line.end()) actual = found->second;
    by_line.erase(id);
    if (actual == state.sure || (state.in_doubt && actual == state.maybe)) continue;
    std::string expected = describe(state.sure) + " after acknowledged " +
                           (state.sure_op.empty() ? "nothing" : state.sure_op);
    if (state.in_doubt) expected += ", or " + describe(state.maybe) + " (in doubt)";
    // This line was never acknowledged and yet differs from the write that asked for it.
    const auto kind =
        state.sure_op.empty() ? Finding::Kind::kPhantomLine : Finding::Kind::kLostWrite;
    out.push_back(
        {kind, session_, id, "expected " + expected + "; the cart shows " + describe(actual)});
  }
  for (const auto& [id, line] : by_line) {
    out.push_back({Finding::Kind::kPhantomLine, session_, id,
                   "never written by this session; the cart shows " + describe(line)});
  }
  return out;
}

std::vector<Finding> Ledger::judge_orders(const std::vector<Order>& seen) const {
  std::vector<Finding> out;
  std::map<std::string, std::vector<const Order*>> by_key;
  std::map<std::string, std::string> ordered_lines;  // by line: the order that has it
  for (const Order& order : seen) {
    by_key[order.key].push_back(&order);
    for (const std::string& line : order.lines) {
      const auto [first, fresh] = ordered_lines.emplace(line, order.order);
      if (fresh) continue;
      out.push_back({Finding::Kind::kDuplicateOrder, session_, line,
                     "line is in orders " + first->second + " and " + order.order});
    }
  }
  for (const auto& [key, orders] : by_key) {
    if (orders.size() > 1) {
      out.push_back({Finding::Kind::kDuplicateOrder, session_, key,
                     std::to_string(orders.size()) + " orders for one key"});
    }
    if (!orders_.contains(key) && !keys_in_doubt_.contains(key)) {
      out.push_back({Finding::Kind::kPhantomOrder, session_, key,
                     "order " + orders[0]->order + " was never acknowledged or in doubt"});
    }
  }
  for (const auto& [key, order] : orders_) {
    const auto found = by_key.find(key);
    if (found == by_key.end()) {
      out.push_back({Finding::Kind::kLostOrder, session_, key,
                     "order " + order.order + " was acknowledged and is not listed"});
      continue;
    }
    std::set<std::string> expected(order.lines.begin(), order.lines.end());
    const std::vector<std::string>& actual = found->second[0]->lines;
    if (expected != std::set<std::string>(actual.begin(), actual.end()) ||
        found->second[0]->order != order.order) {
      out.push_back({Finding::Kind::kLostOrder, session_, key,
                     "order " + order.order + " is listed with other lines or another id"});
    }
  }
  return out;
}

}  // namespace multiaz::chaos
