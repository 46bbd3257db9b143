// Statements that compute for long take turns: as many at a time as there are processors. The
// kernel would share the processors among all of them and the loop's thread alike, and with 64 of
// them each step of a log-in, a heartbeat or a quick statement would wait for some of the others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "base/core/clock.h"

namespace multiaz::dbnode::store {

constexpr uint64_t kQuickMs = 30;  // a statement of at most this time waits for no turn
constexpr uint64_t kTurnMs = 20;
// A turn ends itself so much later where its statement cannot notice: in one long instruction.
constexpr uint64_t kOverrunMs = 20;

class Turns {
 public:
  explicit Turns(size_t at_a_time);

  // One statement at a time has this; the thread that runs the statement uses it.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(turns) {}
    ~Turn() { give_back(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    void begin(Nanos now) { quick_until_ = now + kQuickMs * kMillisecond; }
    // To be called often: waits for a turn where the statement needs one, and no longer than until
    // `stop` says true, which is asked every now and then.
    void look(Nanos now, const std::function<bool()>& stop);
    void give_back();

   private:
    friend class Turns;
    Turns& turns_;
    Nanos quick_until_ = 0;
    Nanos until_ = 0;  // of the turn it has; 0 = none
    std::condition_variable next_;
  };

  size_t at_a_time() const { return at_a_time_; }

 private:
  void take(Turn& turn, const std::function<bool()>& stop);
  bool place_free(Nanos now);  // REQUIRES: the mutex is held
  void tell_next();            // REQUIRES: likewise

  struct Held {
    Turn* turn;
    Nanos until;
  };
  const size_t at_a_time_;
  std::mutex mutex_;
  std::vector<Held> held_;
  std::deque<Turn*> waiting_;
};

}  // namespace multiaz::dbnode::store
