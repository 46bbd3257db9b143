// AnswerBuffer: a session's answers on their way to the client. Whole ones may leave; what was
// written since then can still be taken back, so no success leaves before its commit.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/wire/pgwire_backend.h"

namespace multiaz::dbnode {

constexpr size_t kOutputBytesHigh = 256 << 10;

class AnswerBuffer {
 public:
  wire::pg::BackendWriter writer() { return wire::pg::BackendWriter(bytes_); }
  std::string& bytes() { return bytes_; }  // for rows, which are appended
  // Reports changed settings to the client.
  void tell(const std::vector<std::pair<std::string, std::string>>& changes) {
    for (const auto& [name, value] : changes) writer().parameter_status(name, value);
  }
  bool full() const { return bytes_.size() >= kOutputBytesHigh; }

  // All that is written may leave.
  void settle() { settled_ = bytes_.size(); }
  // The position of the next byte; bytes that have left count.
  uint64_t mark() const { return taken_ + bytes_.size(); }
  // Removes what was written since the mark, unless it may have left already.
  void cut(uint64_t mark) {
    if (mark < taken_ + settled_ || mark > this->mark()) return;
    bytes_.resize(mark - taken_);
  }
  void cut_unsettled() { bytes_.resize(settled_); }
  std::string take() {
    std::string out = bytes_.substr(0, settled_);
    bytes_.erase(0, settled_);
    taken_ += settled_;
    settled_ = 0;
    return out;
  }

 private:
  std::string bytes_;
  size_t settled_ = 0;  // bytes that may leave
  uint64_t taken_ = 0;  // bytes that have left
};

}  // namespace multiaz::dbnode
