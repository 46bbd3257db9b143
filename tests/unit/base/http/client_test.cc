// The client: reuse, deadlines, and what its errors say about the server's side.
#include "base/http/client.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/base/http/http_support.h"

namespace multiaz::http {
namespace {

rt::Task<Response> echo(Request request) {
  co_return text_response(request.method == "PUT" ? 201 : 200, request.method + " " + request.body);
}

rt::Task<void> reuse(Server& server, rt::Address address) {
  Client client((ClientConfig()));
  for (int i = 0; i < 50; ++i) {
    Request request("POST", "/", std::string(static_cast<size_t>(i) * 1000, 'x'));
    auto response = co_await client.fetch(address, std::move(request));
    EXPECT_TRUE(response.ok());
    EXPECT_EQ(response->body.size(), 5 + static_cast<size_t>(i) * 1000);
  }
  Request head("HEAD", "/");
  auto headed = co_await client.fetch(address, std::move(head));
  EXPECT_EQ(headed->body, "");
  Request put("PUT", "/");
  auto created = co_await client.fetch(address, std::move(put));
  EXPECT_EQ(created->status, 201);
  EXPECT_EQ(client.connects(), 1U);
  EXPECT_EQ(server.connections(), 1U);
}

rt::Task<void> words_that_are_none(Server& server, rt::Address address) {
  Client client((ClientConfig()));
  for (const char* method : {"", "GE T", "GET\r\nX: y", "G\x80T"}) {
    const auto answer = co_await client.fetch(address, Request(method, "/"));
    EXPECT_EQ(answer.error().code, Code::kInvalid) << method;
  }
  for (const char* name : {"", "a b", "a:", "a\r\nX", "\xc3\xa4"}) {
    Request request("GET", "/");
    request.headers.set(name, "value");
    const auto answer = co_await client.fetch(address, std::move(request));
    EXPECT_EQ(answer.error().code, Code::kInvalid) << name;
  }
  EXPECT_EQ(client.connects(), 0U);
  EXPECT_EQ(server.connections(), 0U);
}
TEST(Client, SendsNothingForAMethodOrAHeaderThatIsNone) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), echo, words_that_are_none)), 0);
}

TEST(Client, KeepsOneConnectionForRequestsInARow) {
  EXPECT_EQ(rt::run(tell(ServerConfig(), echo, reuse)), 0);
}

// --- servers that misbehave: what to do with connection number 0, 1, 2, ... ---

using Script = rt::Task<void> (*)(rt::Conn& conn, int number);

rt::Task<void> play(std::unique_ptr<rt::Conn> conn, Script script, int number) {
  co_await script(*conn, number);
}

rt::Task<void> accept_scripted(rt::Listener& listener, rt::Nursery& nursery, Script script,
                               int& accepted) {
  while (true) {
    auto conn = co_await listener.accept();
    if (!conn) co_return;
    nursery.spawn("script", play(std::move(*conn), script, accepted));
    ++accepted;
  }
}

rt::Task<int> against(Script script, rt::Task<void> (*story)(rt::Address, int& accepted)) {
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
  CHECK(listener.ok());
  rt::Nursery nursery;
  int accepted = 0;
  nursery.spawn("accept", accept_scripted(**listener, nursery, script, accepted));
  co_await story((*listener)->address(), accepted);
  (*listener)->close();
  co_await nursery.join();
  co_return 0;
}

rt::Task<void> answer_next(rt::Conn& conn) {
  std::string seen;
  const bool asked = co_await read_until(conn, "\r\n\r\n", seen);
  if (asked) conn.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

// The first connection serves one request and closes during the second one.
rt::Task<void> die_on_second(rt::Conn& conn, int number) {
  co_await answer_next(conn);
  if (number == 0) {
    std::string seen;
    (void)co_await read_until(conn, "\r\n\r\n", seen);
    co_return;
  }
  co_await answer_next(conn);
}

rt::Task<void> get_again(rt::Address address, int& accepted) {
  Client client((ClientConfig()));
  for (int i = 0; i < 2; ++i) {
    Request get("GET", "/");
    auto response = co_await client.fetch(address, std::move(get));
    EXPECT_TRUE(response.ok());
    EXPECT_EQ(response->resent, i == 1) << "the answer may be of the second of two";
  }
  EXPECT_EQ(accepted, 2);
}

TEST(Client, RepeatsAGetThatAStaleConnectionSwallowed) {
  EXPECT_EQ(rt::run(against(die_on_second, get_again)), 0);
}

// Ends when the second request has come, so that no further one reaches it.
rt::Task<void> end_on_second(rt::Listener& listener) {
  auto conn = co_await listener.accept();
  CHECK(conn.ok());
  co_await answer_next(**conn);
  std::string seen;
  (void)co_await read_until(**conn, "\r\n\r\n", seen);
  listener.close();
}

rt::Task<int> delete_from_a_server_that_ends() {
  auto bound = rt::Listener::bind(rt::make_address(0x7f000001, 0));
  CHECK(bound.ok());
  const rt::Address address = (*bound)->address();
  Client client((ClientConfig()));
  rt::Nursery nursery;
  nursery.spawn("server", end_on_second(**bound));
  Request get("GET", "/");
  (void)co_await client.fetch(address, std::move(get));
  Request gone("DELETE", "/line");
  const auto response = co_await client.fetch(address, std::move(gone));
  EXPECT_FALSE(response.ok());
  EXPECT_FALSE(definite(response.error())) << response.error().text();
  co_await nursery.join();
  co_return 0;
}

TEST(Client, WhatWasSentOnceIsInDoubtEvenIfItCannotBeSentAgain) {
  EXPECT_EQ(rt::run(delete_from_a_server_that_ends()), 0);
}

rt::Task<void> post_once(rt::Address address, int& accepted) {
  Client client((ClientConfig()));
  Request get("GET", "/");
  (void)co_await client.fetch(address, std::move(get));
  Request post("POST", "/", "pay");
  auto response = co_await client.fetch(address, std::move(post));
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kClosed);
  EXPECT_FALSE(definite(response.error())) << "the server may have executed it";
  EXPECT_EQ(accepted, 1);
}

TEST(Client, NeverRepeatsAPost) {
  EXPECT_EQ(rt::run(against(die_on_second, post_once)), 0);
}

// Answers, then closes while the connection idles in the pool.
rt::Task<void> answer_and_close(rt::Conn& conn, int) {
  co_await answer_next(conn);
}

rt::Task<void> post_after_close(rt::Address address, int& accepted) {
  Client client((ClientConfig()));
  for (int i = 0; i < 3; ++i) {
    Request post("POST", "/", "pay");
    auto response = co_await client.fetch(address, std::move(post));
    EXPECT_TRUE(response.ok());
    co_await rt::sleep_ms(5);
  }
  EXPECT_EQ(accepted, 3);
}

TEST(Client, NoticesThatAnIdleConnectionWasClosed) {
  EXPECT_EQ(rt::run(against(answer_and_close, post_after_close)), 0);
}

rt::Task<void> swallow(rt::Conn& conn, int) {
  (void)co_await read_all(conn);
}

rt::Task<void> time_out(rt::Address address, int&) {
  Client client((ClientConfig()));
  Request get("GET", "/");
  auto response = co_await client.fetch(address, std::move(get), 50);
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kTimeout);
}

TEST(Client, TimesOutInDoubt) {
  EXPECT_EQ(rt::run(against(swallow, time_out)), 0);
}

rt::Task<void> garbage(rt::Conn& conn, int) {
  std::string seen;
  (void)co_await read_until(conn, "\r\n\r\n", seen);
  conn.send("ICY 200 OK\r\n\r\n");
  (void)co_await read_all(conn);
}

rt::Task<void> meet_garbage(rt::Address address, int&) {
  Client client((ClientConfig()));
  Request get("GET", "/");
  auto response = co_await client.fetch(address, std::move(get));
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Code::kCorrupt);
}

TEST(Client, RefusesMalformedResponses) {
  EXPECT_EQ(rt::run(against(garbage, meet_garbage)), 0);
}

rt::Task<void> until_close(rt::Conn& conn, int) {
  std::string seen;
  (void)co_await read_until(conn, "\r\n\r\n", seen);
  conn.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nall ");
  co_await rt::sleep_ms(2);
  conn.send("of it");
}

rt::Task<void> read_to_close(rt::Address address, int&) {
  Client client((ClientConfig()));
  Request get("GET", "/");
  auto response = co_await client.fetch(address, std::move(get));
  EXPECT_TRUE(response.ok());
  EXPECT_EQ(response->body, "all of it");
}

TEST(Client, SkipsInterimResponsesAndReadsToTheEnd) {
  EXPECT_EQ(rt::run(against(until_close, read_to_close)), 0);
}

rt::Task<int> refused() {
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
  const rt::Address address = (*listener)->address();
  listener->reset();
  Client client((ClientConfig()));
  Request post("POST", "/", "pay");
  auto response = co_await client.fetch(address, std::move(post));
  EXPECT_FALSE(response.ok());
  EXPECT_TRUE(definite(response.error())) << response.error().text();
  co_return 0;
}

TEST(Client, ARefusedConnectIsDefinite) {
  EXPECT_EQ(rt::run(refused()), 0);
}

}  // namespace
}  // namespace multiaz::http
