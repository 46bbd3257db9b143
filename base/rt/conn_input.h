// ConnInput: the bytes of a connection that have arrived and were not consumed, up to a bound at
// which reading pauses.
#pragma once

#include <string>
#include <string_view>

#include "base/core/check.h"
#include "base/rt/conn.h"

namespace multiaz::rt {

constexpr size_t kReadChunkBytes = 64 << 10;
constexpr size_t kInputKeepBytes = 16 << 10;  // the capacity that an idle connection may keep

class ConnInput {
 public:
  void append(std::string_view bytes) {
    bytes_.append(bytes);
    unseen_ = unseen_ || !bytes.empty();
  }
  // The peer has ended its side: nothing follows.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

  // Whether bytes have arrived that peek() has not shown yet.
  bool unseen() const { return unseen_; }
  std::string_view peek() {
    unseen_ = false;
    return std::string_view(bytes_).substr(used_);
  }
  void consume(size_t bytes) {
    CHECK(bytes <= bytes_.size() - used_);
    used_ += bytes;
    if (used_ == bytes_.size()) {
      bytes_.clear();
      if (bytes_.capacity() > kInputKeepBytes) bytes_.shrink_to_fit();
      used_ = 0;
    } else if (used_ > kReadChunkBytes && used_ > bytes_.size() / 2) {
      bytes_.erase(0, used_);
      used_ = 0;
    }
  }

  void set_max(size_t bytes) { max_ = bytes; }
  // Whether more may be read while so many bytes are still under way.
  bool has_room(size_t under_way) const { return bytes_.size() - used_ + under_way < max_; }

 private:
  std::string bytes_;
  size_t used_ = 0;
  size_t max_ = kInputBytesMax;
  bool unseen_ = false;
  bool ended_ = false;
};

}  // namespace multiaz::rt
