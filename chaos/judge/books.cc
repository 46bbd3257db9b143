// Compares the answers that shoppers got with the state at the end.
#include <algorithm>

#include "chaos/judge/enough.h"
#include "chaos/judge/judge.h"
#include "chaos/judge/members.h"

namespace multiaz::chaos {

namespace {

std::string share(uint64_t bad, uint64_t whole) {
  return std::to_string(bad) + " of " + std::to_string(whole);
}

// Wrong answers that shoppers saw while the load ran.
std::vector<Finding> seen_of(const RunRecord& record, bool replays) {
  std::vector<Finding> out;
  for (const Finding& one : record.stale_reads) {
    if ((one.kind == Finding::Kind::kReplayedOrder) == replays) out.push_back(one);
  }
  return out;
}

Claim about_stock(const StockEnd& stock) {
  const bool right = stock.initial == stock.left + stock.ordered && stock.negative == 0;
  Claim out = holds_if("stock is conserved and never negative", right || !stock.known,
                       std::to_string(stock.initial) + " at first = " + std::to_string(stock.left) +
                           " left + " + std::to_string(stock.ordered) + " ordered; " +
                           std::to_string(stock.negative) + " negative");
  if (!stock.known) {
    out.ruling = Ruling::kInconclusive;
    out.text = "it could not be read at both ends";
  }
  rest_on(out, static_cast<uint64_t>(std::max<int64_t>(stock.initial, 0)), 1, "pieces at first");
  return out;
}

Claim about_shown(const ShownEnd& shown) {
  Claim out = holds_if("the shop shows what the database has", shown.wrong.empty(),
                       share(shown.wrong.size(), shown.looked_at) + " differ" +
                           (shown.wrong.empty() ? "" : "; first: " + shown.wrong.front()));
  rest_on(out, shown.looked_at, enough::kProducts, "products looked at");
  return out;
}

void claim_carts(const RunRecord& record, Claims& out) {
  const FinalReading& reading = record.reading;
  const auto none = [&](const char* name, uint64_t bad, uint64_t whole, uint64_t least,
                        const char* what, std::string more) {
    Claim claim = holds_if(name, bad == 0, share(bad, whole) + more);
    rest_on(claim, whole, least, what);
    out.push_back(std::move(claim));
  };
  none("no acknowledged cart write is lost", reading.lost_writes, reading.acked_writes,
       enough::kCartWrites, "acknowledged cart writes",
       ", " + std::to_string(reading.in_doubt_writes) + " in doubt; carts " +
           share(reading.lost_carts, reading.carts));
  const bool owed = record.scenario.workload.shoppers > 0 && record.roster.has("db");
  if (!owed && reading.orders + reading.lost_orders == 0) return;
  const auto orders = [&](const char* name, uint64_t bad, std::string more) {
    none(name, bad, reading.orders, enough::kOrders, "acknowledged orders", std::move(more));
  };
  orders("no acknowledged order is lost", reading.lost_orders, "");
  orders("no order is there twice", reading.duplicate_orders, "");
  const std::vector<Finding> replays = seen_of(record, true);
  orders("no order that was asked for once is executed twice", replays.size(),
         first_finding(replays));
}

void claim_readings(const RunRecord& record, Claims& out) {
  const FinalReading& reading = record.reading;
  Claim right = holds_if(
      "every reading at the end is one that a correct shop may give", reading.findings.empty(),
      std::to_string(reading.findings.size()) + " wrong" + first_finding(reading.findings));
  if (reading.findings.empty() && reading.unread > 0) right.ruling = Ruling::kInconclusive;
  if (reading.unread > 0) right.text += "; " + std::to_string(reading.unread) + " unread";
  rest_on(right, reading.carts, enough::kCarts, "carts read again");
  out.push_back(std::move(right));
  const std::vector<Finding> stale = seen_of(record, false);
  Claim between = holds_if("no reading in between is stale or somebody else's", stale.empty(),
                           std::to_string(stale.size()) + first_finding(stale));
  const auto answered =
      std::ranges::count_if(record.requests, [](const Request& one) { return one.ok; });
  rest_on(between, static_cast<uint64_t>(answered), enough::kRequests, "answered requests");
  out.push_back(std::move(between));
}

}  // namespace

void claim_books(const RunRecord& record, Claims& out) {
  if (owes_shopping(record)) {
    claim_carts(record, out);
    claim_readings(record, out);
  }
  const bool stocked = owes_shopping(record) && record.roster.has("db");
  if (stocked || record.stock.known) out.push_back(about_stock(record.stock));
  if ((stocked && record.reading.orders > 0) || record.shown.looked_at > 0) {
    out.push_back(about_shown(record.shown));
  }
  const bool replicated =
      !record.roster.logs_of("cache").empty() || !record.roster.logs_of("db").empty();
  if (replicated || !record.members.empty()) {
    out.push_back(about_members(record.roster, record.members));
  }
}

}  // namespace multiaz::chaos
