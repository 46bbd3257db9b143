// Relay: carries bytes between two connections, in both directions, until one of them ends or the
// role forbids it. The connections' buffers bound the bytes that were read and not yet sent on.
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"

namespace multiaz::enginenode {

class Relay {
 public:
  // `allowed` is asked before each piece is sent on, and at every check(). `a` is the client: when
  // it ends its side, the server's answers still arrive; when the server ends, both connections
  // end.
  rt::Task<void> run(std::unique_ptr<rt::Conn> a, std::unique_ptr<rt::Conn> b,
                     std::function<bool()> allowed);
  // Closes the pairs that are not allowed any more.
  void check();
  void close_all();
  [[nodiscard]] size_t size() const { return pairs_.size(); }

 private:
  struct Pair {
    std::unique_ptr<rt::Conn> a, b;
    std::function<bool()> allowed;
  };
  static rt::Task<void> pump(Pair& pair, rt::Conn& from, rt::Conn& to, bool towards_server);
  static void close(Pair& pair, const char* why);

  std::list<Pair*> pairs_;  // each lives in the frame of run()
};

}  // namespace multiaz::enginenode
