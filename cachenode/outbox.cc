#include "cachenode/outbox.h"

#include <utility>

#include "base/core/check.h"

namespace multiaz::cachenode {

size_t Outbox::replies() const {
  size_t count = 0;
  for (const Held& held : held_) count += held.replies;
  return count;
}

void Outbox::hold(std::string_view bytes, Lsn need, size_t replies) {
  CHECK(held_.empty() || held_.back().need <= need);
  bytes_ += bytes.size();
  if (!held_.empty() && held_.back().need == need) {
    held_.back().bytes.append(bytes);
    held_.back().replies += replies;
    return;
  }
  held_.push_back(Held{need, std::string(bytes), replies});
}

std::string Outbox::release(Lsn committed) {
  std::string out;
  while (!held_.empty() && held_.front().need <= committed) {
    if (out.empty())
      out = std::move(held_.front().bytes);
    else
      out.append(held_.front().bytes);
    held_.pop_front();
  }
  bytes_ -= out.size();
  return out;
}

void Outbox::clear() {
  held_.clear();
  bytes_ = 0;
}

}  // namespace multiaz::cachenode
