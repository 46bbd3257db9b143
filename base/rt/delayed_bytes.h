// DelayedBytes: a queue of bytes, each with the time at which it may go on. Bytes never overtake
// each other.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/core/clock.h"

namespace multiaz::rt {

class DelayedBytes {
 public:
  bool empty() const { return chunks_.empty(); }
  size_t bytes() const { return bytes_; }
  // `due` 0 stands for now. Empty bytes take a place as well.
  void push(std::string_view bytes, Nanos due) {
    bytes_ += bytes.size();
    if (!chunks_.empty() && due < chunks_.back().due) due = chunks_.back().due;
    if (!chunks_.empty() && chunks_.back().due == due) {
      chunks_.back().bytes.append(bytes);
    } else {
      chunks_.push_back(Chunk{due, std::string(bytes)});
    }
  }
  Nanos due() const { return chunks_.front().due; }  // REQUIRES: not empty
  std::string take() {                               // REQUIRES: not empty
    std::string out = std::move(chunks_.front().bytes);
    chunks_.pop_front();
    bytes_ -= out.size();
    return out;
  }

 private:
  struct Chunk {
    Nanos due = 0;
    std::string bytes;
  };
  std::deque<Chunk> chunks_;
  size_t bytes_ = 0;
};

}  // namespace multiaz::rt
