// Strangers: the connections of a listener whose peers have not proven anything yet, oldest first.
// One more than there may be ends the oldest, and not the newest: a process that connects and says
// nothing must not keep a place that a member of the cluster needs.
#pragma once

#include <cstddef>
#include <deque>
#include <string_view>

#include "base/rt/conn.h"

namespace multiaz::rt {

class Strangers {
 public:
  explicit Strangers(size_t count_max) : count_max_(count_max) {}
  void close_all(Code code, std::string_view why) {
    const std::deque<Conn*> all = waiting_;  // each leaves the list when it learns of its end
    for (Conn* conn : all) conn->close(code, why);
  }

 private:
  friend class Stranger;
  size_t count_max_;
  std::deque<Conn*> waiting_;
};

// A connection counts as a stranger's for as long as this lives: until its peer has proven its key,
// or is given up. The one that had to go for it is closed with kLimit. REQUIRES: the connection and
// the list outlive it.
class Stranger {
 public:
  Stranger(Strangers& list, Conn& conn) : list_(list), conn_(conn) {
    list_.waiting_.push_back(&conn);
    if (list_.waiting_.size() <= list_.count_max_) return;
    Conn* const oldest = list_.waiting_.front();
    list_.waiting_.pop_front();
    oldest->close(Code::kLimit, "too many connections that prove nothing");
  }
  ~Stranger() { std::erase(list_.waiting_, &conn_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

 private:
  Strangers& list_;
  Conn& conn_;
};

}  // namespace multiaz::rt
