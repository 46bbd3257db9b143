#include "chaos/checkers/sets.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "chaos/checkers/by_key.h"

namespace multiaz::chaos {

namespace {

using Kind = Operation::Kind;
using End = Operation::End;

class GrowingSet {
 public:
  GrowingSet(const History& history, std::string key, Judgement& out)
      : history_(history), key_(std::move(key)), out_(out) {}

  void take(size_t place) {
    if (history_[place].kind == Kind::kAdd)
      adds_[history_[place].value] = place;
    else
      reads_.push_back(place);
  }

  void judge() {
    std::vector<std::vector<uint64_t>> seen;
    for (const size_t place : reads_) {
      seen.push_back(history_[place].seen);
      std::ranges::sort(seen.back());
      seen.back().erase(std::unique(seen.back().begin(), seen.back().end()), seen.back().end());
    }
    std::vector<size_t> order(reads_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order,
                             [&](size_t a, size_t b) { return seen[a].size() < seen[b].size(); });
    const std::vector<uint64_t> nothing;
    const std::vector<uint64_t>* last = &nothing;
    size_t last_read = 0;
    std::set<uint64_t> shown;
    for (const size_t i : order) {
      if (!std::includes(seen[i].begin(), seen[i].end(), last->begin(), last->end())) {
        report("two readings of which neither holds the other", {last_read, reads_[i]});
        return;  // there is no order of blocks to judge by
      }
      std::vector<uint64_t> fresh;
      std::set_difference(seen[i].begin(), seen[i].end(), last->begin(), last->end(),
                          std::back_inserter(fresh));
      if (!fresh.empty()) end_block();
      for (const uint64_t value : fresh) {
        if (!place_add(value, reads_[i])) continue;
        shown.insert(value);
      }
      if (!fresh.empty()) end_block();
      place(reads_[i]);
      last = &seen[i];
      last_read = reads_[i];
    }
    end_block();
    for (const auto& [value, add] : adds_) {
      if (!shown.contains(value) && history_[add].end == End::kOk) place(add);
    }
  }

 private:
  void report(std::string text, std::vector<size_t> places) {
    out_.anomalies.push_back({key_, std::move(text), std::move(places)});
  }

  bool place_add(uint64_t value, size_t read) {
    const auto add = adds_.find(value);
    if (add == adds_.end()) {
      report("read " + std::to_string(value) + ", which nobody added", {read});
      return false;
    }
    if (history_[add->second].end == End::kFail) {
      report("read " + std::to_string(value) + ", whose writer was told that it had failed",
             {add->second, read});
      return false;
    }
    place(add->second);
    return true;
  }

  // Adds to the present block. An operation of an earlier block must not have begun after this one
  // ended.
  void place(size_t at) {
    const Operation& one = history_[at];
    if (latest_at_ != kNowhere && one.returned < latest_begin_) {
      const bool add = one.kind == Kind::kAdd;
      report(add ? std::to_string(one.value) + " was added, and a later reading does not show it"
                 : std::string("a reading shows more than a later operation allows"),
             {at, latest_at_});
    }
    if (here_at_ == kNowhere || one.called > here_begin_) {
      here_begin_ = one.called;
      here_at_ = at;
    }
  }

  void end_block() {
    if (here_at_ == kNowhere) return;
    if (latest_at_ == kNowhere || here_begin_ > latest_begin_) {
      latest_begin_ = here_begin_;
      latest_at_ = here_at_;
    }
    here_at_ = kNowhere;
  }

  static constexpr size_t kNowhere = ~size_t{0};
  const History& history_;
  std::string key_;
  Judgement& out_;
  std::unordered_map<uint64_t, size_t> adds_;
  std::vector<size_t> reads_;
  Nanos latest_begin_ = 0, here_begin_ = 0;  // of earlier blocks; of this one
  size_t latest_at_ = kNowhere, here_at_ = kNowhere;
};

}  // namespace

Judgement judge_sets(const History& history) {
  return judge_each_key<GrowingSet>(history, "blocks", Kind::kAdd, Kind::kReadSet);
}

}  // namespace multiaz::chaos
