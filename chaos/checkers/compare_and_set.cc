#include "chaos/checkers/compare_and_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace multiaz::chaos {

namespace {

using Kind = Operation::Kind;
using End = Operation::End;

constexpr size_t kSlots = 64;  // operations under way at the same time

// One operation as the search sees it.
struct Step {
  size_t place = 0;  // in the history
  Kind kind = Kind::kRead;
  uint64_t expected = 0, value = 0;
  Nanos called = 0, returned = kNeverEnded;
  // What must be there for it to take effect; a write needs nothing.
  [[nodiscard]] uint64_t needs() const { return kind == Kind::kCas ? expected : value; }
};

// Operations in doubt that nobody met go; the others end with the first who met them. Again and
// again: who met them may have been in doubt, too.
void settle_doubts(std::vector<Step>& steps) {
  while (true) {
    std::unordered_map<uint64_t, Nanos> met;  // value -> end of the first who met it
    for (const Step& one : steps) {
      if (one.kind == Kind::kWrite) continue;  // needs nothing of what is there
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

// A state the register may be in: its value, and which of those under way have taken effect.
using State = std::pair<uint64_t, uint64_t>;

class Search {
 public:
  Search(const std::vector<Step>& steps, size_t states_max)
      : steps_(steps), states_max_(states_max) {}

  // The step that no order explains; nothing when there is an order, or when it gave up.
  std::optional<size_t> run();
  [[nodiscard]] bool gave_up() const { return gave_up_; }

 private:
  bool begin(size_t step);
  bool end(size_t step);
  void take_effect(const State& state, std::vector<State>& next) const;

  const std::vector<Step>& steps_;
  size_t states_max_;
  std::set<State> states_ = {{0, 0}};
  size_t slots_[kSlots] = {};  // step + 1; 0: free
  bool gave_up_ = false;
};

bool Search::begin(size_t step) {
  const auto slot = std::find(std::begin(slots_), std::end(slots_), 0U);
  if (slot == std::end(slots_)) return false;
  *slot = step + 1;
  return true;
}

// Each operation under way that could take effect now.
void Search::take_effect(const State& state, std::vector<State>& next) const {
  const auto& [value, done] = state;
  for (size_t i = 0; i < kSlots; ++i) {
    if (slots_[i] == 0 || (done >> i & 1) != 0) continue;
    const Step& one = steps_[slots_[i] - 1];
    if (one.kind != Kind::kWrite && one.needs() != value) continue;
    next.emplace_back(one.value, done | uint64_t{1} << i);
  }
}

// It has ended, so in every state it has taken effect by now.
bool Search::end(size_t step) {
  const auto slot = static_cast<size_t>(std::find(std::begin(slots_), std::end(slots_), step + 1) -
                                        std::begin(slots_));
  const uint64_t mine = uint64_t{1} << slot;
  std::set<State> reached, kept;
  std::vector<State> todo(states_.begin(), states_.end());
  while (!todo.empty() && !gave_up_) {
    const State state = todo.back();
    todo.pop_back();
    if (!reached.insert(state).second) continue;
    if ((state.second & mine) != 0)
      kept.emplace(state.first, state.second & ~mine);
    else
      take_effect(state, todo);
    gave_up_ = reached.size() + todo.size() > states_max_;
  }
  slots_[slot] = 0;
  states_ = std::move(kept);
  return !states_.empty();
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
  std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
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

// The operation that fits nowhere, behind the last ones that ended before it: what a reader needs.
std::vector<size_t> scene_of(const std::vector<Step>& steps, const Step& wrong) {
  constexpr size_t kSceneMax = 6;
  std::vector<Step> before;
  for (const Step& one : steps) {
    if (one.place != wrong.place && one.returned <= wrong.returned) before.push_back(one);
  }
  std::sort(before.begin(), before.end(),
            [](const Step& a, const Step& b) { return a.returned < b.returned; });
  if (before.size() >= kSceneMax) {
    before.erase(before.begin(), before.end() - static_cast<std::ptrdiff_t>(kSceneMax - 1));
  }
  std::vector<size_t> out;
  for (const Step& one : before) out.push_back(one.place);
  out.push_back(wrong.place);
  return out;
}

std::string words(const Operation& one) {
  if (one.kind == Kind::kRead) return "read " + std::to_string(one.value);
  if (one.kind == Kind::kWrite) return "write " + std::to_string(one.value);
  return "compare-and-set of " + std::to_string(one.expected) + " to " + std::to_string(one.value);
}

}  // namespace

Judgement judge_compare_and_set(const History& history, size_t states_max) {
  Judgement out;
  out.algorithm = "just-in-time linearization (Lowe, after Wing and Gong)";
  std::map<std::string_view, std::vector<Step>> keys;
  for (size_t i = 0; i < history.size(); ++i) {
    const Operation& one = history[i];
    const bool reads = one.kind == Kind::kRead;
    if (one.kind != Kind::kCas && one.kind != Kind::kWrite && !reads) continue;
    ++out.operations;
    if (one.end == End::kFail || (reads && one.end != End::kOk)) continue;
    keys[one.key].push_back({i, one.kind, one.expected, one.value, one.called, one.returned});
  }
  for (auto& [key, steps] : keys) {
    settle_doubts(steps);
    Search search(steps, states_max);
    const auto wrong = search.run();
    out.gave_up = out.gave_up || search.gave_up();
    if (!wrong) continue;
    Anomaly anomaly;
    anomaly.key = key;
    anomaly.text = words(history[steps[*wrong].place]) + " fits into no order of what went before";
    anomaly.places = scene_of(steps, steps[*wrong]);
    out.anomalies.push_back(std::move(anomaly));
  }
  return out;
}

}  // namespace multiaz::chaos
