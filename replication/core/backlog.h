// The primary's own records after the commit point, by size: they bound what it may append.
#pragma once

#include <deque>

#include "replication/core/core.h"

namespace multiaz::replication {

class Backlog {
 public:
  void add(uint64_t bytes) {
    sizes_.push_back(bytes);
    bytes_ += bytes;
  }
  void committed(uint64_t records) {
    for (; records > 0; --records) {
      bytes_ -= sizes_.front();
      sizes_.pop_front();
    }
  }
  void clear() {
    sizes_.clear();
    bytes_ = 0;
  }
  bool full() const {
    return bytes_ >= kUncommittedBytesMax || sizes_.size() >= kUncommittedRecordsMax;
  }
  uint64_t records() const { return sizes_.size(); }
  uint64_t bytes() const { return bytes_; }

 private:
  std::deque<uint64_t> sizes_;
  uint64_t bytes_ = 0;
};

}  // namespace multiaz::replication
