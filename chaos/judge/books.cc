// What shoppers were told against what is there at the end.
#include <map>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

std::string share(uint64_t bad, uint64_t whole) {
  return std::to_string(bad) + " of " + std::to_string(whole);
}

// What shoppers saw while the load ran.
std::vector<Finding> seen_of(const RunRecord& record, bool replays) {
  std::vector<Finding> out;
  for (const Finding& one : record.stale_reads) {
    if ((one.kind == Finding::Kind::kReplayedOrder) == replays) out.push_back(one);
  }
  return out;
}

Claim about_stock(const StockEnd& stock) {
  const bool right = stock.initial == stock.left + stock.ordered && stock.negative == 0;
  return holds_if("stock is conserved and never negative", right,
                  std::to_string(stock.initial) + " at first = " + std::to_string(stock.left) +
                      " left + " + std::to_string(stock.ordered) + " ordered; " +
                      std::to_string(stock.negative) + " negative");
}

Claim about_replicas(const std::vector<MemberEnd>& members) {
  std::map<std::string, MemberEnd> first;
  std::string text;
  bool equal = true;
  for (const MemberEnd& one : members) {
    const MemberEnd& other = first.emplace(one.group, one).first->second;
    equal = equal && other.tail == one.tail && other.hash == one.hash;
    text += (text.empty() ? "" : ", ") + one.id + " " + std::to_string(one.tail);
  }
  return holds_if("all members hold the same log (position and chain hash)", equal, text);
}

}  // namespace

void claim_books(const RunRecord& record, Claims& out) {
  const FinalReading& reading = record.reading;
  const Workload& load = record.scenario.workload;
  if (load.shoppers + load.arrivals_per_s > 0) {
    const auto none = [&](const char* name, uint64_t bad, uint64_t whole, std::string more) {
      Claim claim = holds_if(name, bad == 0, share(bad, whole) + more);
      if (whole == 0 && bad == 0) claim.ruling = Ruling::kInconclusive;
      out.push_back(std::move(claim));
    };
    none("no acknowledged cart write is lost", reading.lost_writes, reading.acked_writes,
         ", " + std::to_string(reading.in_doubt_writes) + " in doubt; carts " +
             share(reading.lost_carts, reading.carts));
    if (load.shoppers > 0) {
      none("no acknowledged order is lost", reading.lost_orders, reading.orders, "");
      none("no order is there twice", reading.duplicate_orders, reading.orders, "");
      const std::vector<Finding> replays = seen_of(record, true);
      none("no order that was asked for once is executed twice", replays.size(), reading.orders,
           first_finding(replays));
    }
    Claim right = holds_if(
        "every reading at the end is one that a correct shop may give", reading.findings.empty(),
        std::to_string(reading.findings.size()) + " wrong" + first_finding(reading.findings));
    if (reading.findings.empty() && reading.unread > 0) right.ruling = Ruling::kInconclusive;
    if (reading.unread > 0) right.text += "; " + std::to_string(reading.unread) + " unread";
    out.push_back(std::move(right));
    const std::vector<Finding> stale = seen_of(record, false);
    out.push_back(holds_if("no reading in between is stale or somebody else's", stale.empty(),
                           std::to_string(stale.size()) + first_finding(stale)));
  }
  if (record.stock.known) out.push_back(about_stock(record.stock));
  if (record.shown.looked_at > 0) {
    const ShownEnd& shown = record.shown;
    out.push_back(holds_if("the shop shows what the database has", shown.wrong.empty(),
                           share(shown.wrong.size(), shown.looked_at) + " differ" +
                               (shown.wrong.empty() ? "" : "; first: " + shown.wrong.front())));
  }
  if (!record.members.empty()) out.push_back(about_replicas(record.members));
}

}  // namespace multiaz::chaos
