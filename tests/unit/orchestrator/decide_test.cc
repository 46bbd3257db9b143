// Decisions about instances, as stories with a clock that the test moves.
#include "orchestrator/ec2/decide.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "orchestrator/control/awake_clock.h"

namespace multiaz::orchestrator {
namespace {

struct World {
  Nanos now = 10 * kSecond;
  std::map<std::string, Instance> instances;
  std::set<std::string> zones_down, suspended, paused;
  Nanos suspected_at = 0;

  explicit World(std::vector<std::string> ids) {
    for (const std::string& id : ids) {
      Instance one;
      one.id = id;
      one.zone = std::string("az-") + id[id.size() - 2];
      instances[id] = one;
    }
  }
  Instance& at(const std::string& id) { return instances.at(id); }
  void pass_ms(uint64_t ms) { now += ms * kMillisecond; }
  void start(const std::string& id) { started(at(id), at(id).launch + 1, now); }
  void report(const std::string& id) {
    at(id).heard_at = now;
    at(id).silent = false;
    move(at(id), InstanceState::kReady);
  }
  void die(const std::string& id) { ended(at(id), now); }

  // One text for each decision: "start web-a1: planned".
  std::vector<std::string> decisions() {
    static const char* const kWords[] = {"start", "kill", "hold", "release", "silent"};
    std::vector<std::string> out;
    const Snapshot snapshot{now,       Limits(), instances,      zones_down,
                            suspended, paused,   Mistake::kNone, suspected_at};
    for (const Action& action : decide(snapshot)) {
      out.push_back(std::string(kWords[static_cast<int>(action.kind)]) + " " + action.id + ": " +
                    action.reason);
    }
    return out;
  }
};

using Lines = std::vector<std::string>;

TEST(Decide, StartsWhatIsPlannedAndThenLeavesItAlone) {
  World w({"web-a1", "web-b1"});
  EXPECT_EQ(w.decisions(), (Lines{"start web-a1: planned", "start web-b1: planned"}));
  w.start("web-a1");
  w.start("web-b1");
  w.report("web-a1");
  w.report("web-b1");
  EXPECT_EQ(w.decisions(), Lines{});
}

TEST(Decide, ReplacesTheDeadAtOnceAndSlowsDownWhoKeepsDying) {
  World w({"web-a1"});
  w.start("web-a1");
  w.die("web-a1");
  EXPECT_EQ(w.decisions(), Lines{"start web-a1: replaces launch 1"});
  std::vector<uint64_t> delays;
  for (int death = 0; death < 7; ++death) {
    w.start("web-a1");
    w.die("web-a1");
    delays.push_back((w.at("web-a1").next_start_at - w.now) / kMillisecond);
    EXPECT_EQ(w.decisions(), Lines{});
    w.pass_ms(delays.back());
    EXPECT_EQ(w.decisions().size(), 1U);
  }
  EXPECT_EQ(delays, (std::vector<uint64_t>{50, 100, 200, 400, 800, 1600, 2000}));
  w.start("web-a1");
  w.pass_ms(kLongLifeMs);
  w.die("web-a1");
  EXPECT_EQ(w.decisions(), Lines{"start web-a1: replaces launch 9"});
}

TEST(Decide, CallsTheSilentOnceAndKillsTheHung) {
  World w({"web-a1", "web-b1", "web-c1"});
  for (const char* id : {"web-a1", "web-b1", "web-c1"}) w.start(id), w.report(id);
  w.pass_ms(699);
  w.report("web-b1");
  w.report("web-c1");
  EXPECT_EQ(w.decisions(), Lines{});
  w.pass_ms(1);
  EXPECT_EQ(w.decisions(), Lines{"silent web-a1: no heartbeat for 700 ms"});
  w.at("web-a1").silent = true;
  EXPECT_EQ(w.decisions(), Lines{});
  w.pass_ms(4300);
  w.report("web-b1");
  w.report("web-c1");
  EXPECT_EQ(w.decisions(), Lines{"kill web-a1: hung: no heartbeat for 5000 ms"});
  w.at("web-a1").dying = true;
  EXPECT_EQ(w.decisions(), Lines{});
}

TEST(Decide, LeavesAloneWhatWasStoppedOnPurpose) {
  World w({"web-a1", "web-b1", "web-c1"});
  for (const char* id : {"web-a1", "web-b1", "web-c1"}) w.start(id), w.report(id);
  w.at("web-a1").stopped = true;
  w.pass_ms(60'000);
  w.report("web-b1");
  w.report("web-c1");
  EXPECT_EQ(w.decisions(), Lines{"silent web-a1: no heartbeat for 60000 ms"});
}

TEST(Decide, KillsNobodyWhenMostAreSilent) {
  World w({"web-a1", "web-b1", "web-c1"});
  for (const char* id : {"web-a1", "web-b1", "web-c1"}) {
    w.start(id), w.report(id);
    w.at(id).silent = true;
  }
  w.pass_ms(6000);
  w.report("web-c1");
  EXPECT_EQ(w.decisions(), Lines{});
}

// The links of an isolated control plane heal one after another.
TEST(Decide, TheFirstThatAreHeardAgainDoNotCondemnTheOthers) {
  World w({"web-a1", "web-b1", "web-c1", "db-a1"});
  for (const char* id : {"web-a1", "web-b1", "web-c1", "db-a1"}) {
    w.start(id), w.report(id);
    w.at(id).silent = true;
  }
  w.pass_ms(6000);
  w.report("web-c1");
  w.report("web-a1");
  EXPECT_EQ(w.decisions().size(), 2U);  // without suspected_at web-b1 and db-a1 would be killed
  w.suspected_at = w.now - 1;
  EXPECT_EQ(w.decisions(), Lines{});
  w.pass_ms(700);
  w.report("web-c1");
  w.report("web-a1");
  EXPECT_EQ(w.decisions().size(), 2U);  // instances that are still silent later are killed
}

TEST(Decide, SomebodysOwnProgramIsNeverSilent) {
  World w({"web-a1", "web-b1"});
  for (const char* id : {"web-a1", "web-b1"}) w.at(id).mute = true;
  w.start("web-a1");
  move(w.at("web-a1"), InstanceState::kReady);
  w.at("web-a1").heard_at = w.now;  // as after it was continued
  adopted(w.at("web-b1"), 1, 1234, false, w.now);
  w.pass_ms(60'000);
  EXPECT_EQ(w.decisions(), Lines{});
}

TEST(Decide, WhoNeverSpeaksDoesNotVouchForTheControlPlane) {
  World w({"web-a1", "web-b1", "web-c1", "db-a1", "db-b1"});
  for (const char* id : {"web-a1", "web-b1", "web-c1"}) w.at(id).mute = true, w.start(id);
  for (const char* id : {"db-a1", "db-b1"}) {
    w.start(id), w.report(id);
    w.at(id).silent = true;
  }
  w.pass_ms(6000);
  EXPECT_EQ(w.decisions(), Lines{});
}

TEST(Decide, KillsAProcessThatNeverSaysAWord) {
  World w({"db-a1", "db-b1"});
  w.start("db-a1");
  w.pass_ms(19'999);
  w.start("db-b1");
  EXPECT_EQ(w.decisions(), Lines{});
  w.pass_ms(1);
  EXPECT_EQ(w.decisions(), Lines{"kill db-a1: hung: said no word in 20000 ms"});
}

TEST(Decide, HoldsTheDeadOfAZoneThatIsDownUntilItIsUp) {
  World w({"web-a1", "web-b1"});
  for (const char* id : {"web-a1", "web-b1"}) w.start(id), w.report(id);
  w.zones_down.insert("az-b");
  w.die("web-b1");
  EXPECT_EQ(w.decisions(), Lines{"hold web-b1: az-b is held down"});
  move(w.at("web-b1"), InstanceState::kHeld);
  EXPECT_EQ(w.decisions(), Lines{});
  w.zones_down.clear();
  EXPECT_EQ(w.decisions(), Lines{"release web-b1: az-b is up again"});
  move(w.at("web-b1"), InstanceState::kDead);
  EXPECT_EQ(w.decisions(), Lines{"start web-b1: replaces launch 1"});
}

TEST(Instance, AdoptedOnesCountAsReady) {
  World w({"web-a1"});
  adopted(w.at("web-a1"), 7, 4711, false, w.now);
  EXPECT_EQ(w.at("web-a1").state, InstanceState::kReady);
  EXPECT_EQ(w.decisions(), Lines{});
  w.pass_ms(700);
  EXPECT_EQ(w.decisions(), Lines{"silent web-a1: no heartbeat for 700 ms"});
}

TEST(Instance, ImpossibleMovesStopTheProcess) {
  World w({"web-a1"});
  EXPECT_FALSE(may_move(InstanceState::kHeld, InstanceState::kReady));
  EXPECT_DEATH(move(w.at("web-a1"), InstanceState::kDraining), "web-a1: dead -> draining");
}

TEST(AwakeClock, HardlyMovesWhileWeSleep) {
  AwakeClock clock(100 * kSecond);
  clock.wind(100 * kSecond + 20 * kMillisecond);
  EXPECT_EQ(clock.read(100 * kSecond + 50 * kMillisecond), 100 * kSecond + 50 * kMillisecond);
  // The process was stopped for 3 seconds, in which it could not receive a report.
  clock.wind(103 * kSecond + 20 * kMillisecond);
  EXPECT_EQ(clock.read(103 * kSecond + 20 * kMillisecond), 100 * kSecond + 80 * kMillisecond);
  EXPECT_EQ(clock.slept(), 2940 * kMillisecond);
  EXPECT_EQ(clock.read(103 * kSecond + 30 * kMillisecond), 100 * kSecond + 90 * kMillisecond);
  EXPECT_EQ(clock.read(103 * kSecond), 100 * kSecond + 80 * kMillisecond);  // it never goes back
}

TEST(AwakeClock, ShortAbsencesDoNotAddUpToASilence) {
  AwakeClock clock(0);
  for (Nanos turn = 1; turn <= 10; ++turn) clock.wind(turn * 150 * kMillisecond);
  EXPECT_EQ(clock.read(1500 * kMillisecond), 600 * kMillisecond);
}

TEST(AwakeClock, ABacklogOfSomeIsNoSilenceOfOthers) {
  AwakeClock clock(0);
  // One turn of the loop handles the many messages of instances that were cut off.
  for (Nanos at = 0; at < 500; ++at) EXPECT_LE(clock.read(at * kMillisecond), kWindMax);
  EXPECT_EQ(clock.read(500 * kMillisecond), kWindMax);
  clock.wind(500 * kMillisecond);
  EXPECT_EQ(clock.read(500 * kMillisecond), kWindMax);
}

}  // namespace
}  // namespace multiaz::orchestrator
