#include "lb/client_session.h"

#include "base/http/linger.h"
#include "base/tls/stream.h"
#include "lb/error_page.h"
#include "lb/exchange.h"
#include "lb/node.h"

namespace multiaz::lb {

namespace {

constexpr int kHeadRead = 0;
constexpr int kOver = -1;  // the client has left, or got 408

// The status of an Application Load Balancer where the parser follows the RFC.
int alb_status(int status) {
  return status == 431 ? 400 : status;
}

std::string timeout_answer() {
  return error_answer(408, false, false, Executed::kNever);
}

void begin_request(ClientLink& link) {
  link.accepted.become_busy();
  link.request_since = monotonic_now();
  link.request_wall_ms = wall_now_ms();
  link.watchdog.arm(link.node.config().attributes.idle_timeout_ms, timeout_answer);
}

// Returns kHeadRead, kOver, or the status of a refusal.
rt::Task<int> read_head(ClientLink& link) {
  rt::Conn& conn = link.conn;
  link.accepted.become_idle();
  // A client that reads slowly is still busy, so it is not idle.
  if (conn.pending_bytes() > 0) {
    const Status delivered =
        co_await http::deliver(conn, link.node.config().attributes.idle_timeout_ms);
    if (!delivered) co_return kOver;
  }
  link.watchdog.arm(link.node.config().attributes.idle_timeout_ms);
  if (!conn.peek().empty()) begin_request(link);
  while (true) {
    const auto step = link.parser.feed(conn.peek());
    if (!step) co_return alb_status(link.parser.error_status());
    conn.consume(step->consumed);
    if (step->event == wire::http::Event::kHead) break;
    const Status more = co_await conn.more();
    if (!more) co_return kOver;
    if (link.accepted.idle()) begin_request(link);
  }
  link.watchdog.disarm();
  co_return kHeadRead;
}

// A request without an Exchange still counts and has its line in the log.
void count_refused(ClientLink& link, int status, size_t sent_bytes) {
  Counters& counters = link.node.counters();
  ++counters.requests;
  ++(status < 500 ? counters.elb_4xx : counters.elb_5xx);
  if (!link.node.access_log()) return;
  AccessEntry entry;
  entry.created_wall_ms = link.request_wall_ms;
  entry.created = link.request_since;
  entry.ended = monotonic_now();
  entry.client = link.conn.peer();
  entry.listener = link.conn.local();
  entry.tls = link.tls_facts();
  entry.elb_status = status;
  if (status == 400 || status == 501 || status == 505) entry.classification = "Severe";
  entry.sent_bytes = sent_bytes;
  link.node.access_log()->write(entry);
}

void refuse(ClientLink& link, int status) {
  const std::string answer = error_answer(status, false, false, Executed::kNever);
  link.conn.send(answer);
  count_refused(link, status, answer.size());
}

// Counts a client that has left, or one that began a head, became silent and got 408 from the
// watchdog.
void note_end(ClientLink& link) {
  if (link.watchdog.fired() && !link.accepted.idle()) {
    count_refused(link, 408, timeout_answer().size());
  }
}

}  // namespace

ClientLink::ClientLink(Node& node_in, http::AcceptedConn& accepted_in)
    : node(node_in),
      accepted(accepted_in),
      conn(accepted_in.conn),
      watchdog(accepted_in.conn),
      tls(tls::facts_of(accepted_in.conn)),
      since(monotonic_now()) {}

rt::Task<void> serve_client(Node& node, http::AcceptedConn& accepted) {
  ClientLink link(node, accepted);
  link.conn.set_input_max(kInputBytesMax);
  bool go_on = true;
  while (go_on) {
    const int status = co_await read_head(link);
    if (status != kHeadRead) {
      link.watchdog.disarm();
      if (status == kOver) {
        note_end(link);
      } else {
        refuse(link, status);
      }
      break;
    }
    Exchange exchange(link);
    go_on = co_await exchange.run();
  }
  co_await http::end_in_order(accepted, node.config().attributes.idle_timeout_ms);
}

}  // namespace multiaz::lb
