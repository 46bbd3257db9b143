// Acceptor: accepts connections from listeners, bounds their number, and drains them. What is
// spoken on a connection is the session's business: the HTTP server here and the load balancer use
// it.
//
// Each listener accepts one connection per turn of the loop, so that processes which share an
// inherited listening socket also share its connections.
//
// At the limit, the connection that has been idle longest is closed for a new one, so that a crowd
// of idle clients shuts out neither other clients nor health checks. A new connection is refused
// only while all others are busy or have been idle for less than kIdleMinMs.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "base/core/clock.h"
#include "base/http/refusals.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"

namespace multiaz::http {

// One accepted connection, as its session and the acceptor both see it.
class AcceptedConn {
 public:
  explicit AcceptedConn(rt::Conn& connection) : conn(connection), idle_since_(monotonic_now()) {}

  // Called by the session. Idle means between requests, so that closing loses nothing.
  void become_idle() {
    if (!idle()) idle_since_ = monotonic_now();
  }
  void become_busy() { idle_since_ = 0; }
  [[nodiscard]] bool idle() const { return idle_since_ != 0; }
  [[nodiscard]] Nanos idle_since() const { return idle_since_; }

  rt::Conn& conn;
  bool draining = false;  // set by the acceptor: this request is the last one

 private:
  Nanos idle_since_;  // 0 while it is busy
};

constexpr uint64_t kIdleMinMs = 100;   // an idle connection is not closed for a new one before
constexpr uint64_t kCloseIdleMs = 20;  // how often a drain looks for connections that became idle

struct DrainTimes {
  uint64_t idle_ms = 200;     // how long an idle connection may still bring a request
  uint64_t limit_ms = 5'000;  // when all remaining connections are closed
};

class Acceptor {
 public:
  using Session = std::function<rt::Task<void>(AcceptedConn&)>;
  // A connection beyond `connections_max` gets `refusal` (a whole answer) and is closed, if no idle
  // one can be closed for it.
  Acceptor(size_t connections_max, std::string refusal, Session session);
  // REQUIRES: join() has returned, or listen() was never called.
  ~Acceptor();

  // What has to succeed before the session of a connection begins, such as a TLS handshake. Until
  // then the connection counts as idle, so a silent one gives way to a new one.
  using Opening = std::function<rt::Task<Status>(rt::Conn&)>;

  void listen(std::unique_ptr<rt::Listener> listener, Opening opening = nullptr);
  // Closes the listener of that address; open connections stay.
  void stop_listening(rt::Address address);
  // Closes all listeners; open connections stay.
  void stop_listening();
  // Stops listening, lets requests in flight finish and closes idle connections. Only the first
  // call counts.
  void drain(DrainTimes times);
  // Stops listening and closes everything now.
  void stop();
  // Waits until drain() or stop() was called and no connection is left.
  rt::Task<void> join();

  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] size_t connections() const { return accepted_conns_.size(); }
  [[nodiscard]] uint64_t refused() const { return refused_; }
  // Connections whose opening failed.
  [[nodiscard]] uint64_t not_opened() const { return not_opened_; }
  // Requested together with drain() and stop(), for sessions that wait for something else than
  // input.
  rt::Stop& stopping() { return nursery_.stopping(); }

 private:
  rt::Task<void> accept_all(std::unique_ptr<rt::Listener> listener, Opening opening);
  void admit(std::unique_ptr<rt::Conn> conn, const Opening& opening);
  // Closes the connection that has been idle longest; false if none was idle for long enough.
  bool close_longest_idle();
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn, Opening opening);
  void begin_end();
  void close_idle();
  void close_all();

  size_t connections_max_;
  std::string refusal_;
  Session session_;
  rt::Nursery nursery_;
  std::set<rt::Listener*> listeners_;  // each is owned by its accept_all()
  std::list<AcceptedConn*> accepted_conns_;  // each is owned by its serve()
  uint64_t refused_ = 0, not_opened_ = 0;
  bool draining_ = false;
  std::unique_ptr<rt::Timer> idle_timer_, limit_timer_;
  Refusals refusals_;
  std::shared_ptr<rt::Wait> over_;
};

}  // namespace multiaz::http
