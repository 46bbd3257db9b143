// Acceptor: takes connections from listeners, bounds their number, and drains them. What is spoken
// on a connection is the session's business: the HTTP server here and the load balancer use it.
//
// One connection is accepted per turn of the loop and listener, so that processes which share an
// inherited listening socket share its connections too.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "base/http/refusals.h"
#include "base/rt/conn.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/task.h"

namespace multiaz::http {

// One accepted connection, as its session and the acceptor both see it.
struct Guest {
  rt::Conn& conn;
  bool idle = true;       // the session says: between requests, so closing loses nothing
  bool draining = false;  // the acceptor says: this request is the last one
};

constexpr uint64_t kCloseIdleMs = 20;  // how often a drain looks for connections gone idle

struct DrainTimes {
  uint64_t idle_ms = 200;     // idle connections may still bring a request for so long
  uint64_t limit_ms = 5'000;  // then whatever is left is cut
};

class Acceptor {
 public:
  using Session = std::function<rt::Task<void>(Guest&)>;
  // Who comes when `connections_max` are open gets `refusal` (a whole answer) and is closed.
  Acceptor(size_t connections_max, std::string refusal, Session session);
  // REQUIRES: join() has returned, or nothing was ever listened to.
  ~Acceptor();

  void listen(std::unique_ptr<rt::Listener> listener);
  // Closes all listeners; open connections go on.
  void stop_listening();
  // Stops listening, lets requests in flight finish and closes idle connections. Once only counts.
  void drain(DrainTimes times);
  // Stops listening and closes everything now.
  void stop();
  // Waits until drain() or stop() was called and no connection is left.
  rt::Task<void> join();

  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] size_t connections() const { return guests_.size(); }
  [[nodiscard]] uint64_t refused() const { return refused_; }
  // Requested together with drain() and stop(): for sessions that wait for something else.
  rt::Stop& stopping() { return nursery_.stopping(); }

 private:
  rt::Task<void> accept_all(std::unique_ptr<rt::Listener> listener);
  void admit(std::unique_ptr<rt::Conn> conn);
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn);
  void begin_end();
  void close_idle();
  void close_all();

  size_t connections_max_;
  std::string refusal_;
  Session session_;
  rt::Nursery nursery_;
  std::set<rt::Listener*> listeners_;  // each belongs to its accept_all()
  std::list<Guest*> guests_;           // each belongs to its serve()
  uint64_t refused_ = 0;
  bool draining_ = false;
  std::unique_ptr<rt::Timer> idle_timer_, limit_timer_;
  Refusals refusals_;
  std::shared_ptr<rt::Wait> over_;
};

}  // namespace multiaz::http
