// Statements that compute for long: which gets a turn, and which does not wait for one.
#include "dbnode/store/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <utility>
#include <vector>

namespace multiaz::dbnode::store {
namespace {

bool goes_on() {
  return false;
}

// Begun so long ago that it needs a turn now.
void make_long(Turns::Turn& turn) {
  turn.begin(monotonic_now() - kSecond);
}

void look(Turns::Turn& turn, const std::function<bool()>& stop = goes_on) {
  turn.look(monotonic_now(), stop);
}

// Another statement that wants a turn, on a thread of its own.
struct Other {
  explicit Other(Turns& turns, std::function<bool()> stop = goes_on)
      : turn(turns), done(std::async(std::launch::async, [this, stop = std::move(stop)] {
          make_long(turn);
          look(turn, stop);
        })) {}

  Turns::Turn turn;
  std::future<void> done;
};

TEST(Turns, AQuickStatementWaitsForNobody) {
  Turns turns(1);
  Turns::Turn slow(turns), quick(turns);
  make_long(slow);
  look(slow);
  quick.begin(monotonic_now() + kSecond);
  look(quick);  // returns
}

TEST(Turns, TheNextOneGoesWhenOneGivesItsTurnBack) {
  Turns turns(1);
  Turns::Turn first(turns);
  make_long(first);
  look(first);
  Other second(turns);
  first.give_back();
  second.done.get();
  second.turn.give_back();
}

TEST(Turns, AStatementThatCannotNoticeKeepsTheOthersOnlyForAWhile) {
  Turns turns(1);
  Turns::Turn deaf(turns);
  make_long(deaf);
  look(deaf);
  Other second(turns);
  second.done.get();
}

TEST(Turns, WhoIsToStopWaitsNoLonger) {
  Turns turns(1);
  std::atomic<bool> over{false};
  auto busy = std::async(std::launch::async, [&] {
    Turns::Turn turn(turns);
    make_long(turn);
    while (!over) look(turn);
  });
  // Whether it got a turn or not, the other one ends, and keeps no place in the queue.
  for (int i = 0; i < 20; i++) Other(turns, [] { return true; }).done.get();
  over = true;
  busy.get();
}

TEST(Turns, ManyThatComputeOnAllGetTurns) {
  Turns turns(2);
  constexpr size_t kMany = 16;
  std::atomic<size_t> served{0};
  std::vector<std::future<void>> all;
  for (size_t i = 0; i < kMany; i++) {
    all.push_back(std::async(std::launch::async, [&] {
      Turns::Turn turn(turns);
      make_long(turn);
      look(turn);
      served++;
      while (served < kMany) look(turn);  // computes until each has had a turn
    }));
  }
  for (auto& one : all) one.get();
  EXPECT_EQ(served, kMany);
}

}  // namespace
}  // namespace multiaz::dbnode::store
