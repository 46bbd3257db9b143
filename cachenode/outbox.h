// Outbox: the replies of one connection that must not leave yet. Replies keep their order; each
// span of them waits until an lsn is committed. It has no socket.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/core/ids.h"

namespace multiaz::cachenode {

class Outbox {
 public:
  bool empty() const { return held_.empty(); }
  size_t bytes() const { return bytes_; }
  size_t replies() const;
  Lsn newest() const { return held_.empty() ? Lsn() : held_.back().need; }

  // REQUIRES: need is not lower than newest().
  void hold(std::string_view bytes, Lsn need, size_t replies);
  // Takes the replies that may leave once everything up to `committed` is committed.
  std::string release(Lsn committed);
  void clear();

 private:
  struct Held {
    Lsn need;
    std::string bytes;
    size_t replies;
  };
  std::deque<Held> held_;
  size_t bytes_ = 0;
};

}  // namespace multiaz::cachenode
