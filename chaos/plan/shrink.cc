#include "chaos/plan/shrink.h"

#include <algorithm>

namespace multiaz::chaos {

namespace {

constexpr uint64_t kShortestMs = 200;  // the effect of a shorter fault may not be seen

// A fault that refers to one that was dropped is dropped, too.
void drop_orphans(std::vector<FaultSpec>& faults) {
  const auto orphan = [&](const FaultSpec& one) {
    if (!one.target.starts_with("fault:")) return false;
    const std::string name = one.target.substr(6);
    return std::ranges::none_of(faults, [&](const FaultSpec& other) { return other.name == name; });
  };
  for (auto found = std::ranges::find_if(faults, orphan); found != faults.end();
       found = std::ranges::find_if(faults, orphan)) {
    faults.erase(found);
  }
}

}  // namespace

Shrinker::Shrinker(Scenario failing) : smallest_(std::move(failing)) {
  chunk_ = smallest_.faults.size() / 2;
}

bool Shrinker::propose_drop() {
  while (chunk_ > 0) {
    const size_t count = smallest_.faults.size();
    if (from_ < count && count > 1) {
      Scenario next = smallest_;
      const auto first = next.faults.begin() + static_cast<std::ptrdiff_t>(from_);
      const size_t end = std::min(from_ + chunk_, count);
      next.faults.erase(first, next.faults.begin() + static_cast<std::ptrdiff_t>(end));
      drop_orphans(next.faults);
      if (!next.faults.empty()) {
        candidate_ = std::move(next);
        return true;
      }
      from_ += chunk_;
      continue;
    }
    from_ = 0;
    const bool again = chunk_ == 1 && dropped_ && count > 1;
    if (!again) chunk_ /= 2;
    dropped_ = false;
  }
  return false;
}

bool Shrinker::propose_shorter() {
  for (; from_ < smallest_.faults.size(); ++from_) {
    if (smallest_.faults[from_].for_ms / 2 < kShortestMs) continue;
    candidate_ = smallest_;
    candidate_->faults[from_].for_ms /= 2;
    return true;
  }
  return false;
}

std::optional<Scenario> Shrinker::next() {
  candidate_.reset();
  if (!propose_drop() && !propose_shorter()) return std::nullopt;
  return candidate_;
}

void Shrinker::told(bool fails) {
  if (fails) {
    smallest_ = std::move(*candidate_);
    dropped_ = chunk_ == 1;
  } else {
    from_ += std::max<size_t>(chunk_, 1);
  }
  candidate_.reset();
}

}  // namespace multiaz::chaos
