// A server and raw clients on loopback sockets in one process.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/http/client.h"
#include "base/http/server.h"
#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"

namespace multiaz::http {

constexpr uint32_t kLoopback = 0x7f000001;

inline rt::Task<std::unique_ptr<rt::Conn>> dial(rt::Address to) {
  rt::ConnectOptions options;
  options.to = to;
  auto conn = co_await rt::connect_tcp(options);
  CHECK(conn.ok());
  co_return std::move(*conn);
}

// Reads up to the end of the stream (or 5 s of silence).
inline rt::Task<std::string> read_all(rt::Conn& conn) {
  conn.deadline_in_ms(5'000);
  std::string all;
  while (true) {
    all.append(conn.peek());
    conn.consume(conn.peek().size());
    const Status more = co_await conn.more();
    if (!more) co_return all;
  }
}

// Reads until `text` has arrived (true) or the stream ended.
inline rt::Task<bool> read_until(rt::Conn& conn, std::string text, std::string& seen) {
  conn.deadline_in_ms(5'000);
  while (true) {
    seen.append(conn.peek());
    conn.consume(conn.peek().size());
    if (seen.find(text) != std::string::npos) co_return true;
    const Status more = co_await conn.more();
    if (!more) co_return false;
  }
}

// Sends the bytes on a fresh connection and returns all that comes back.
inline rt::Task<std::string> exchange(rt::Address to, std::string bytes) {
  auto conn = co_await dial(to);
  conn->send(bytes);
  std::string back = co_await read_all(*conn);
  co_return back;
}

// Runs clients (the story) with a server; then drains it, so a story must close what it opens.
template <typename Story>
rt::Task<int> tell(ServerConfig config, Server::Handler handler, Story story) {
  Server server(config, std::move(handler));
  auto listener = rt::Listener::bind(rt::make_address(kLoopback, 0));
  CHECK(listener.ok());
  const rt::Address address = (*listener)->address();
  server.listen(std::move(*listener));
  co_await story(server, address);
  server.drain();
  co_await server.join();
  co_return 0;
}

}  // namespace multiaz::http
