#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "chaos/experiment/books.h"
#include "chaos/workloads/start.h"

namespace multiaz::chaos {

namespace {

constexpr size_t kReadersAtOnce = 16;
constexpr int kReadTries = 8;
constexpr uint64_t kReadRetryMs = 200;

constexpr size_t kOrdersAPage = 100;
const std::string kOrdersPath =
    "/api/orders?page_size=" + std::to_string(kOrdersAPage) + "&page=";  // the page number follows

// The state that all readers share: what they have found, and whether any answer comes at all.
struct Readers {
  const Shoppers& shoppers;
  size_t next = 0;
  FinalReading out;
  Patience patience;
};

rt::Task<Reply> read_surely(Browser& browser, std::string target, Patience& patience) {
  Reply reply;
  for (int i = 0; i < kReadTries && patience.goes_on(); ++i) {
    reply = co_await browser.look(target);
    if (reply.status >= 200 && reply.status < 500) {
      patience.heard();
      break;
    }
    co_await rt::sleep_ms(kReadRetryMs);
  }
  co_return reply;
}

void count(FinalReading& out, std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    if (finding.kind == Finding::Kind::kLostWrite) ++out.lost_writes;
    if (finding.kind == Finding::Kind::kLostOrder) ++out.lost_orders;
    if (finding.kind == Finding::Kind::kDuplicateOrder) ++out.duplicate_orders;
    out.findings.push_back(std::move(finding));
  }
}

Finding lost_session(const Session& session, int status) {
  const std::string& name = session.ledger.session();
  return {Finding::Kind::kLostSession, name, name,
          "logged in, yet the order list answers " + std::to_string(status)};
}

rt::Task<void> read_cart(Session& session, Readers& readers) {
  FinalReading& out = readers.out;
  const Reply reply = co_await read_surely(session.browser, "/api/cart", readers.patience);
  const auto seen = parse_cart(reply.body);
  if (reply.status != 200 || !seen) {
    ++out.unread;
    co_return;
  }
  const size_t sure = session.ledger.sure_lines();
  if (sure > 0 && seen->empty()) ++out.lost_carts;
  count(out, found_in(reply, session.ledger.judge_cart(*seen)));
}

rt::Task<void> read_orders(Session& session, Readers& readers) {
  FinalReading& out = readers.out;
  Patience& patience = readers.patience;
  Reply reply = co_await read_surely(session.browser, kOrdersPath + "1", patience);
  if (reply.status == 401 || reply.status == 403) {
    // The session is lost, which is bad enough; the orders belong to the account.
    std::vector<Finding> gone;
    gone.push_back(lost_session(session, reply.status));
    count(out, found_in(reply, std::move(gone)));
    const std::string account = account_of(session);
    (void)co_await session.browser.send(Path::kOther, "POST", "/api/login", account);
    reply = co_await read_surely(session.browser, kOrdersPath + "1", patience);
  }
  auto seen = parse_orders(reply.body);
  // The shop returns long lists page by page.
  for (size_t page = 2; seen && seen->size() == (page - 1) * kOrdersAPage; ++page) {
    reply = co_await read_surely(session.browser, kOrdersPath + std::to_string(page), patience);
    const auto more = parse_orders(reply.body);
    if (reply.status != 200 || !more) seen = std::nullopt;
    if (!seen || more->empty()) break;
    seen->insert(seen->end(), more->begin(), more->end());
  }
  if (reply.status != 200 || !seen) {
    ++out.unread;
    co_return;
  }
  count(out, found_in(reply, session.ledger.judge_orders(*seen)));
}

rt::Task<void> reader(Readers& readers) {
  FinalReading& out = readers.out;
  const auto& sessions = readers.shoppers.sessions();
  while (readers.next < sessions.size()) {
    Session& session = *sessions[readers.next++];
    out.acked_writes += session.ledger.acked_writes();
    out.in_doubt_writes += session.ledger.in_doubt_writes();
    if (!session.judged) {
      ++out.unjudged;
      continue;
    }
    if (session.ledger.acked_writes() > 0) {
      ++out.carts;
      co_await read_cart(session, readers);
    }
    out.orders += session.ledger.acked_orders();
    if (session.logged_in) co_await read_orders(session, readers);
  }
}

}  // namespace

rt::Task<FinalReading> read_everything(const Shoppers& shoppers) {
  Readers readers{shoppers, 0, FinalReading(), Patience()};
  rt::Nursery nursery;
  for (size_t i = 0; i < kReadersAtOnce; ++i) {
    nursery.spawn("reader", reader(readers));
  }
  co_await nursery.join();
  co_return std::move(readers.out);
}

}  // namespace multiaz::chaos
