// The ledger of each shopper: the answers that its session got, so that a later read can be judged.
//
// A session is one shopper that does one thing at a time, and every write carries an op id that no
// other write uses. So a correct shop has a choice only for writes whose outcome is in doubt: after
// one of those the shopper leaves that line alone, and both outcomes are right.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::chaos {

enum class Outcome {
  kAcked,    // the shop answered that it is done
  kRefused,  // definitely not executed, and never will be
  kInDoubt,  // no answer, or one that proves nothing: both outcomes are right
};

struct CartLine {
  std::string line;  // unique id, made by the shopper
  int64_t qty = 0;
  std::string op;  // id of the write that set this quantity
  bool operator==(const CartLine&) const = default;
};

struct Order {
  std::string order;               // the shop's id
  std::string key;                 // idempotency key, made by the shopper
  std::vector<std::string> lines;  // line ids
};

// One answer that a correct shop could not have given.
struct Finding {
  enum class Kind {
    kLostWrite,       // an acknowledged add, change or removal is not there
    kPhantomLine,     // a line that this session never wrote
    kLostOrder,       // an acknowledged order is not there, or not as acknowledged
    kDuplicateOrder,  // one key or one line in two orders
    kPhantomOrder,    // an order that this session never asked for
    kLostSession,     // the session itself is gone
    kReplayedOrder,   // sent once, and answered as a repetition: executed twice
  };
  Kind kind;
  std::string session;
  std::string subject;  // line id, key or order id
  std::string text;     // the expected value and the value seen
  Nanos seen = 0;       // the time of the answer; 0 = not known
  std::string told_by;  // the web instance that gave it; "" = not known
};
std::string_view to_string(Finding::Kind kind);
// "; first: lost order, session s7, KEY: TEXT" for a claim's text; "" when there is none.
std::string first_finding(const std::vector<Finding>& findings);

class Ledger {
 public:
  explicit Ledger(std::string session) : session_(std::move(session)) {}

  // --- The shopper's writes. REQUIRES for change and remove: settled(line).
  void put(const CartLine& line, Outcome outcome);  // add or change
  void removed(const std::string& line, const std::string& op, Outcome outcome);
  // A checkout that has ended for good. `order` is as acknowledged; for kInDoubt only its key is
  // known.
  void checked_out(const Order& order, Outcome outcome);

  // --- The writes that may be done next.
  // Lines that are certainly in the cart and not in doubt.
  std::vector<CartLine> settled_lines() const;
  // No line of this cart is in doubt, so a checkout would take exactly settled_lines().
  bool settled() const;

  // --- The judgement of reads.
  // Judges a read of the whole cart that began after every write above was answered.
  std::vector<Finding> judge_cart(const std::vector<CartLine>& seen) const;
  // Judges the complete list of this account's orders.
  std::vector<Finding> judge_orders(const std::vector<Order>& seen) const;

  // The number of acknowledged lines that must be in the cart now.
  size_t sure_lines() const;
  uint64_t acked_writes() const { return acked_writes_; }
  uint64_t in_doubt_writes() const { return in_doubt_writes_; }
  size_t acked_orders() const { return orders_.size(); }
  const std::string& session() const { return session_; }

 private:
  struct State {
    std::optional<CartLine> sure;  // as last acknowledged; nothing = not in the cart
    std::string sure_op;           // the acknowledged write that set `sure`; "" = none yet
    bool in_doubt = false;
    std::optional<CartLine> maybe;  // the other right answer, when in doubt
  };
  void settle(State& state, std::optional<CartLine> next, const std::string& op, Outcome outcome);

  std::string session_;
  std::map<std::string, State> lines_;
  std::map<std::string, Order> orders_;  // acknowledged, by key
  std::set<std::string> keys_in_doubt_;
  uint64_t acked_writes_ = 0;
  uint64_t in_doubt_writes_ = 0;
};

}  // namespace multiaz::chaos
