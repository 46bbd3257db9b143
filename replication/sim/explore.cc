#include "replication/sim/explore.h"

#include <algorithm>
#include <unordered_set>

#include "replication/sim/simulate.h"

namespace multiaz::replication::sim {
namespace {

using Choices = std::vector<uint8_t>;  // the option taken at each point that had more than one

Settings settings_of(const SmallStory& story, Bug bug, bool trace) {
  Settings s;
  s.bug = bug;
  s.candidates = story.members;
  s.link_delay = s.control_delay = s.write_delay = s.sync_delay = {0, 0};
  s.client_delay = 0;
  s.trace = trace;
  return s;
}

struct Path {
  const Choices& given;
  bool trace = false;
  Choices taken;
  bool known = false;  // it leads to a state that was reached before
};

class Search {
 public:
  Search(const SmallStory& story, Bug bug) : story_(story), bug_(bug) {}

  Exploration run(uint64_t runs_max) {
    open_.push_back({});
    while (!open_.empty() && found_.runs < runs_max && found_.violation.check.empty()) {
      const Choices choices = std::move(open_.back());
      open_.pop_back();
      follow(choices, false);
    }
    found_.complete = open_.empty() && found_.violation.check.empty();
    return std::move(found_);
  }

 private:
  // Takes the given choices, then always the first option, until it reaches a known state.
  void follow(const Choices& given, bool trace) {
    World world(settings_of(story_, bug_, trace));
    ++found_.runs;
    world.control().delay_exit_reports(0);
    settle(world);
    Path path{given, trace, {}, false};
    bool begun = false;
    const auto begin = [&] {
      begun = true;
      world.scheduler().choose_with([&](uint32_t options) { return choose(world, path, options); });
      story_.begin(world);
    };
    if (story_.at_next_view) world.when_next_view(begin);
    if (story_.before) story_.before(world);
    if (!story_.at_next_view) {
      settle(world);
      world.run_for(3 * kMillisecond - world.now() % kMillisecond);  // no clock ticks at this time
      begin();
    }
    world.run_until([&] { return begun; }, 10 * kSecond);
    CHECK(begun || world.checker().failed());
    world.run_for(story_.window);
    world.scheduler().choose_with(nullptr);
    if (!path.known) finish(world);
    found_.choices_max = std::max(found_.choices_max, static_cast<uint32_t>(path.taken.size()));
    if (trace) {
      found_.trace = world.journal().text();
    } else if (world.checker().failed() && found_.violation.check.empty()) {
      found_.violation = world.checker().violation();
      follow(path.taken, true);
    }
  }

  void settle(World& world) {
    const bool settled = world.run_until([&] { return world.settled(); }, 10 * kSecond);
    CHECK(settled || world.checker().failed());
  }

  uint32_t choose(World& world, Path& path, uint32_t options) {
    uint32_t choice = 0;
    if (path.taken.size() < path.given.size())
      choice = path.given[path.taken.size()];
    else if (!path.known && !path.trace)
      path.known = !open_others(world, path.taken, options);
    path.taken.push_back(static_cast<uint8_t>(choice));
    if (path.known) world.scheduler().stop();
    return choice;
  }

  bool open_others(const World& world, const Choices& taken, uint32_t options) {
    CHECK(options < 256);
    if (!seen_.insert(world.fingerprint()).second) return false;
    ++found_.states;
    for (uint32_t other = options - 1; other > 0; --other) {
      open_.push_back(taken);
      open_.back().push_back(static_cast<uint8_t>(other));
    }
    return true;
  }

  void finish(World& world) {
    if (world.checker().failed()) return;
    ++found_.ends;
    check_recovery(world);
  }

  const SmallStory& story_;
  const Bug bug_;
  std::vector<Choices> open_;
  std::unordered_set<uint64_t> seen_;
  Exploration found_;
};

}  // namespace

Exploration explore(const SmallStory& story, Bug bug, uint64_t runs_max) {
  return Search(story, bug).run(runs_max);
}

}  // namespace multiaz::replication::sim
