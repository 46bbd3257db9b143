#include "chaos/checkers/linearization.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace multiaz::chaos {

namespace {

using Kind = Operation::Kind;
using End = Operation::End;

constexpr size_t kSlots = 64;  // most operations under way at the same time

// One operation as the search sees it.
struct Step {
  size_t place = 0;  // in the history
  Kind kind = Kind::kRead;
  uint64_t expected = 0, value = 0;
  Nanos called = 0, returned = kNeverEnded;
  // The value that must be there for it to take effect; a write needs none.
  [[nodiscard]] uint64_t needs() const { return kind == Kind::kCas ? expected : value; }
};

// Drops operations in doubt whose value no other operation saw; the others end with the first
// operation that saw it. This is repeated, because that operation may have been in doubt, too.
void settle_doubts(std::vector<Step>& steps) {
  while (true) {
    std::unordered_map<uint64_t, Nanos> met;  // value -> end of the first operation that saw it
    for (const Step& one : steps) {
      if (one.kind == Kind::kWrite) continue;  // a write needs no value
      const uint64_t value = one.needs();
      const auto [at, fresh] = met.emplace(value, one.returned);
      if (!fresh) at->second = std::min(at->second, one.returned);
    }
    bool more = false;
    for (Step& one : steps) {
      const auto found = met.find(one.value);
      if (one.kind == Kind::kRead || one.returned != kNeverEnded || found == met.end()) continue;
      if (found->second == kNeverEnded) continue;
      one.returned = std::max(found->second, one.called);
      more = true;
    }
    const size_t dropped = std::erase_if(steps, [&](const Step& one) {
      return one.kind != Kind::kRead && one.returned == kNeverEnded && !met.contains(one.value);
    });
    if (!more && dropped == 0) return;
  }
}

// A state the register may be in: its value, and which of the operations under way have taken
// effect.
using State = std::pair<uint64_t, uint64_t>;

class Search {
 public:
  Search(const std::vector<Step>& steps, size_t states_max)
      : steps_(steps), states_max_(states_max) {}

  // The step that no order explains; nothing when there is an order, or when the search gave up.
  std::optional<size_t> run();
  // The steps of one order, up to the step that no order explains.
  [[nodiscard]] std::vector<size_t> order() const;
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  // How a state was reached: this step took effect after those of `before`.
  struct Taken {
    size_t step, before;
  };
  static constexpr size_t kNothing = ~size_t{0};
  using States = std::map<State, size_t>;  // -> place in taken_
  struct Reached {
    State state;
    size_t step, before;  // `step` kNothing: the state existed already
  };

  bool begin(size_t step);
  bool end(size_t step);
  void take_effect(const State& state, size_t taken, std::vector<Reached>& next) const;

  const std::vector<Step>& steps_;
  size_t states_max_;
  std::vector<Taken> taken_;
  States states_ = {{{0, 0}, kNothing}};
  size_t slots_[kSlots] = {};  // step + 1; 0: free
  bool gave_up_ = false;
};

bool Search::begin(size_t step) {
  const auto slot = std::ranges::find(slots_, 0U);
  if (slot == std::end(slots_)) return false;
  *slot = step + 1;
  return true;
}

// Lets each operation under way that could take effect now do so.
void Search::take_effect(const State& state, size_t taken, std::vector<Reached>& next) const {
  const auto& [value, done] = state;
  for (size_t i = 0; i < kSlots; ++i) {
    if (slots_[i] == 0 || (done >> i & 1) != 0) continue;
    const Step& one = steps_[slots_[i] - 1];
    if (one.kind != Kind::kWrite && one.needs() != value) continue;
    next.push_back({{one.value, done | uint64_t{1} << i}, slots_[i] - 1, taken});
  }
}

// The step has ended, so only states in which it has taken effect remain.
bool Search::end(size_t step) {
  const auto slot = static_cast<size_t>(std::ranges::find(slots_, step + 1) - std::begin(slots_));
  const uint64_t mine = uint64_t{1} << slot;
  States reached, kept;
  std::vector<Reached> todo;
  for (const auto& [state, taken] : states_) todo.push_back({state, kNothing, taken});
  while (!todo.empty() && !gave_up_) {
    const Reached one = todo.back();
    todo.pop_back();
    const auto [at, fresh] = reached.emplace(one.state, one.before);
    if (!fresh) continue;
    if (one.step != kNothing) {
      at->second = taken_.size();
      taken_.push_back({one.step, one.before});
    }
    if ((one.state.second & mine) != 0)
      kept.emplace(State(one.state.first, one.state.second & ~mine), at->second);
    else
      take_effect(one.state, at->second, todo);
    gave_up_ = reached.size() + todo.size() > states_max_;
  }
  if (kept.empty()) return false;
  slots_[slot] = 0;
  states_ = std::move(kept);
  return true;
}

std::optional<size_t> Search::run() {
  struct Moment {
    Nanos at;
    bool end;
    size_t step;
  };
  std::vector<Moment> moments;
  for (size_t i = 0; i < steps_.size(); ++i) {
    moments.push_back({steps_[i].called, false, i});
    if (steps_[i].returned != kNeverEnded) moments.push_back({steps_[i].returned, true, i});
  }
  std::ranges::sort(moments, [](const Moment& a, const Moment& b) {
    return std::tie(a.at, a.end, a.step) < std::tie(b.at, b.end, b.step);
  });
  for (const Moment& moment : moments) {
    const bool explained = moment.end ? end(moment.step) : begin(moment.step);
    gave_up_ = gave_up_ || (!moment.end && !explained);
    if (gave_up_) return std::nullopt;
    if (!explained) return moment.step;
  }
  return std::nullopt;
}

std::vector<size_t> Search::order() const {
  std::vector<size_t> out;
  for (size_t at = states_.begin()->second; at != kNothing; at = taken_[at].before) {
    out.push_back(taken_[at].step);
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Linearization linearize(const History& history, const std::vector<size_t>& places,
                        size_t states_max) {
  std::vector<Step> steps;
  for (const size_t place : places) {
    const Operation& one = history[place];
    if (one.end == End::kFail || (one.kind == Kind::kRead && one.end != End::kOk)) continue;
    steps.push_back({place, one.kind, one.expected, one.value, one.called, one.returned});
  }
  settle_doubts(steps);
  Search search(steps, states_max);
  const auto stuck = search.run();
  Linearization out;
  out.gave_up = search.gave_up();
  if (stuck) out.stuck = steps[*stuck].place;
  for (const size_t step : search.order()) out.order.push_back(steps[step].place);
  return out;
}

}  // namespace multiaz::chaos
