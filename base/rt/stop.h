// Stop: cancellation as an ordinary value. Whoever waits registers a callback that ends the wait;
// the coroutine sees Code::kCancelled and returns. Loop thread only.
#pragma once

#include <functional>
#include <list>

namespace multiaz::rt {

class Stop {
 public:
  using Ticket = std::list<std::function<void()>>::iterator;

  bool requested() const { return requested_; }
  // Runs every registered callback once. Later registrations run at once.
  void request();
  Ticket add(std::function<void()> on_stop);
  void remove(Ticket ticket);

 private:
  bool requested_ = false;
  std::list<std::function<void()>> callbacks_;
};

}  // namespace multiaz::rt
