// The HTTP server over real loopback sockets: framing, order, limits, refusals, draining.
#include "base/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/http/response_writer.h"
#include "tests/unit/base/http/http_support.h"

namespace multiaz::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Answers with the request itself, so that tests can check it.
rt::Task<Response> mirror(Request request) {
  std::string text = request.method + " " + request.path + " [" + request.body + "]";
  for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
  co_return text_response(200, text);
}

rt::Task<Response> slow_mirror(Request request) {
  co_await rt::sleep_ms(50);
  Response response = co_await mirror(std::move(request));
  co_return response;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

rt::Task<void> ask_once(Server&, rt::Address server) {
  const std::string back = co_await exchange(
      server, "GET /a%20b?x=1%262&y=+z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(back, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(back, HasSubstr("Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_THAT(back, HasSubstr("Date: "));
  EXPECT_THAT(back, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(back, EndsWith("\r\n\r\nGET /a b [] x=1&2 y= z"));
}

TEST(Server, AnswersWithTheDecodedPathAndQuery) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), mirror, ask_once)), 0);
}

rt::Task<void> ask_pipelined(Server& server, rt::Address address) {
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab";
  }
  bytes += "GET /last HTTP/1.0\r\n\r\n";
  const std::string back = co_await exchange(address, bytes);
  size_t at = 0;
  for (int i = 0; i < 20; ++i) {
    const size_t next = back.find("POST /" + std::to_string(i) + " [ab]");
    EXPECT_NE(next, std::string::npos) << i;
    EXPECT_GE(next, at) << i;
    at = next;
  }
  EXPECT_THAT(back, EndsWith("GET /last []"));
  EXPECT_EQ(server.stats().requests, 21U);
  EXPECT_EQ(server.stats().by_class[2], 21U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), slow_mirror, ask_pipelined)), 0);
}

rt::Task<void> ask_head(Server&, rt::Address server) {
  const std::string back = co_await exchange(
      server,
      "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(back, HasSubstr("Content-Length: 10\r\n"));  // "HEAD /x []"
  EXPECT_THAT(back, Not(HasSubstr("HEAD /x [")));
  EXPECT_THAT(back, EndsWith("GET /y []"));
}

TEST(Server, HeadHasTheLengthButNotTheBody) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), mirror, ask_head)), 0);
}

rt::Task<void> ask_chunked(Server&, rt::Address server) {
  auto conn = co_await dial(server);
  conn->send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
      "Expect: 100-continue\r\nConnection: close\r\n\r\n");
  std::string seen;
  const bool invited = co_await read_until(*conn, "HTTP/1.1 100 Continue\r\n\r\n", seen);
  EXPECT_TRUE(invited);
  conn->send("3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n");
  const std::string back = co_await read_all(*conn);
  EXPECT_THAT(back, EndsWith("POST / [abcde]"));
}

TEST(Server, TakesChunksAndSays100Continue) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), mirror, ask_chunked)), 0);
}

struct Refusal {
  std::string bytes;
  int status;
};

rt::Task<void> ask_wrongly(Server&, rt::Address server) {
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n";
  std::vector<Refusal> refusals;
  const auto add = [&](std::string bytes, int status) {
    Refusal refusal;
    refusal.bytes = std::move(bytes);
    refusal.status = status;
    refusals.push_back(std::move(refusal));
  };
  add("nonsense\r\n\r\n", 400);
  add(get + "Bad Name: x\r\n\r\n", 400);
  add("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400);
  add("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
  add("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n", 413);
  add("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
          std::string(101, 'x') + "\r\n0\r\n\r\n",
      413);
  add("GET /" + std::string(17'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414);
  add(get + "X: " + std::string(17'000, 'a') + "\r\n\r\n", 431);
  add("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501);
  add("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505);
  for (const Refusal& refusal : refusals) {
    const std::string back = co_await exchange(server, refusal.bytes);
    EXPECT_THAT(back, StartsWith("HTTP/1.1 " + std::to_string(refusal.status) + " "))
        << refusal.bytes.substr(0, 80);
    EXPECT_THAT(back, HasSubstr("Connection: close\r\n"));
  }
  const std::string json =
      co_await exchange(server, "GET /%zz HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\n\r\n");
  EXPECT_THAT(json, HasSubstr("Content-Type: application/json\r\n"));
}

TEST(Server, RefusesWhatBreaksRulesOrLimits) {
  ServerConfig config;
  config.body_bytes_max = 100;
  EXPECT_EQ(rt::run(tell(config, mirror, ask_wrongly)), 0);
}

rt::Task<void> dawdle(Server& server, rt::Address address) {
  const std::string silent = co_await exchange(address, "");
  EXPECT_EQ(silent, "") << "an idle connection is closed without a word";
  const std::string half_head = co_await exchange(address, "GET / HT");
  EXPECT_THAT(half_head, StartsWith("HTTP/1.1 408 "));
  const std::string half_body =
      co_await exchange(address, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_THAT(half_body, StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(server.stats().requests, 0U);
}

TEST(Server, GivesUpOnSlowClients) {
  ServerConfig config;
  config.idle_ms = 60;
  config.head_ms = 40;
  config.body_ms = 50;
  EXPECT_EQ(rt::run(tell(config, mirror, dawdle)), 0);
}

rt::Task<void> crowd(Server& server, rt::Address address) {
  auto first = co_await dial(address);
  auto second = co_await dial(address);
  first->send("GET / HT");
  second->send("GET / HT");
  while (server.connections() < 2) co_await rt::sleep_ms(1);
  co_await rt::sleep_ms(kIdleMinMs + 20);  // a connection is not idle in the middle of a request
  const std::string refused = co_await exchange(address, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  first.reset();
  while (server.connections() > 1) co_await rt::sleep_ms(1);
  const std::string served =
      co_await exchange(address, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(served, StartsWith("HTTP/1.1 200 "));
}

TEST(Server, AnswersFullWith503) {
  ServerConfig config;
  config.connections_max = 2;
  EXPECT_EQ(rt::run(tell(config, mirror, crowd)), 0);
}

rt::Task<void> idle_crowd(Server& server, rt::Address address) {
  const std::string last = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  auto first = co_await dial(address);
  co_await rt::sleep_ms(10);
  auto second = co_await dial(address);
  co_await rt::sleep_ms(10);
  auto third = co_await dial(address);
  while (server.connections() < 3) co_await rt::sleep_ms(1);
  first->send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");  // so `second` is idle longest
  std::string seen;
  const bool answered = co_await read_until(*first, "GET /a []", seen);
  EXPECT_TRUE(answered);
  co_await rt::sleep_ms(kIdleMinMs + 20);
  const std::string served = co_await exchange(address, last);
  EXPECT_THAT(served, StartsWith("HTTP/1.1 200 "));
  const std::string ended = co_await read_all(*second);
  EXPECT_EQ(ended, "");
  for (rt::Conn* stays : {first.get(), third.get()}) {
    stays->send(last);
    const std::string answer = co_await read_all(*stays);
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200 "));
  }
}

TEST(Server, ClosesTheLongestIdleConnectionForANewOne) {
  ServerConfig config;
  config.connections_max = 3;
  EXPECT_EQ(rt::run(tell(config, mirror, idle_crowd)), 0);
}

rt::Task<void> drain_while_busy(Server& server, rt::Address address) {
  auto idle = co_await dial(address);
  auto busy = co_await dial(address);
  busy->send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server.connections() < 2) co_await rt::sleep_ms(1);
  co_await rt::sleep_ms(10);  // the handler has the request now, for 50 ms
  DrainTimes times;
  times.idle_ms = 5;
  server.drain(times);
  const std::string nothing = co_await read_all(*idle);
  EXPECT_EQ(nothing, "");
  const std::string answer = co_await read_all(*busy);
  EXPECT_THAT(answer, EndsWith("GET /slow []"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  rt::ConnectOptions options;
  options.to = address;
  auto late = co_await rt::connect_tcp(options);
  EXPECT_FALSE(late.ok());
}

TEST(Server, DrainFinishesWhatIsInFlight) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), slow_mirror, drain_while_busy)), 0);
}

rt::Task<void> drain_later(Server& server) {
  co_await rt::sleep_ms(5);
  server.drain();
}

rt::Task<int> join_first() {
  Server server(ServerConfig(), mirror);
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
  server.listen(std::move(*listener));
  rt::Nursery nursery;
  nursery.spawn("drain", drain_later(server));
  co_await server.join();
  co_await nursery.join();
  co_return 0;
}

TEST(Server, JoinMayComeBeforeTheDrain) {
  EXPECT_EQ(rt::run(join_first()), 0);
}

// --- streams ---

rt::Task<void> count_to_three(ResponseWriter& writer) {
  for (int i = 1; i <= 3; ++i) {
    const Status sent = co_await writer.write(std::to_string(i) + "\n");
    if (!sent) co_return;
    co_await rt::sleep_ms(1);
  }
}

rt::Task<void> until_stopped(ResponseWriter& writer) {
  while (true) {
    const Status sent = co_await writer.write("data: tick\n\n");
    if (!sent || writer.gone()) co_return;
    const Status slept = co_await rt::sleep_ms(5, writer.stopping());
    if (!slept) co_return;
  }
}

rt::Task<Response> streams(Request request) {
  if (request.path == "/three") co_return stream_response("text/plain", count_to_three);
  co_return stream_response("text/event-stream", until_stopped);
}

rt::Task<void> read_streams(Server& server, rt::Address address) {
  const std::string chunks =
      co_await exchange(address, "GET /three HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(chunks, EndsWith("2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n"));
  const std::string old = co_await exchange(address, "GET /three HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old, EndsWith("\r\n\r\n1\n2\n3\n"));

  auto leaver = co_await dial(address);
  leaver->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string seen;
  (void)co_await read_until(*leaver, "tick", seen);
  leaver.reset();
  while (server.connections() > 0) co_await rt::sleep_ms(1);

  auto stayer = co_await dial(address);
  stayer->send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
  seen.clear();
  (void)co_await read_until(*stayer, "tick", seen);
  server.drain();
  const std::string rest = co_await read_all(*stayer);
  EXPECT_EQ(count(rest, "0\r\n\r\n"), 1U) << "a drained stream ends in an orderly way";
}

TEST(Server, StreamsUntilTheHandlerTheClientOrTheDrainEndsIt) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), streams, read_streams)), 0);
}

rt::Task<void> flood(ResponseWriter& writer) {
  const std::string piece(64 << 10, 'x');
  while (writer.bytes_written() < (64U << 20)) {
    const Status sent = co_await writer.write(piece);
    if (!sent) co_return;
  }
}

rt::Task<Response> flooding(Request) {
  co_return stream_response("text/plain", flood);
}

rt::Task<void> never_read(Server& server, rt::Address address) {
  auto conn = co_await dial(address);
  conn->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (server.connections() == 0) co_await rt::sleep_ms(1);
  while (server.connections() > 0) co_await rt::sleep_ms(5);  // write_ms has passed
  EXPECT_LT(conn->peek().size(), 2U << 20);
}

TEST(Server, CutsAClientThatNeverReads) {
  ServerConfig config;
  config.write_ms = 100;
  EXPECT_EQ(rt::run(tell(config, flooding, never_read)), 0);
}

}  // namespace
}  // namespace multiaz::http
