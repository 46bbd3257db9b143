// Stop: cancellation as an ordinary value. A wait registers a callback that ends it; the coroutine
// then sees Code::kCancelled and returns. For the loop's thread only.
#pragma once

#include <functional>
#include <list>

namespace multiaz::rt {

class Stop {
 public:
  using Ticket = std::list<std::function<void()>>::iterator;

  bool requested() const { return requested_; }
  // Runs every registered callback once. A later registration runs its callback at once.
  void request();
  Ticket add(std::function<void()> on_stop);
  void remove(Ticket ticket);

 private:
  bool requested_ = false;
  std::list<std::function<void()>> callbacks_;
};

}  // namespace multiaz::rt
