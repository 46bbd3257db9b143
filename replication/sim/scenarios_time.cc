// The named scenarios about clocks, pauses, the manager's memory and lasting cuts.
#include <optional>

#include "replication/sim/scenarios.h"

namespace multiaz::replication::sim {

// SIGSTOP comes between the arrival of a request and its handling: a request that is handled late
// is judged by the time of its handling, not of its arrival.
void pause_inside_a_tick(Script& s) {
  s.write("a");
  s.say("a stops; a read that was sent to it meanwhile is handled when it goes on");
  s.world().instances().pause(s.at("a"), 1500 * kMillisecond);
  std::optional<Outcome> late;
  s.world().clients().read_from(s.at("a"), [&](Outcome got, Lsn) { late = got; });
  s.wait_serving("b");
  s.expect(s.write("b") == Outcome::kOk, "b leads");
  s.world().run_until([&] { return late.has_value(); }, 3 * kSecond);
  s.expect(late.has_value() && *late != Outcome::kOk, "a's lease was over when it looked");
  s.wait_settled("a follows b");
}

// The slowest clock runs at 0.9 of real time and the fastest at 1.1, which is still within grace /
// lease.
void clocks_at_different_rates(Script& s) {
  s.write("a");
  s.say("a's clock is slow, b's is fast: b's grace is short, a's lease is long");
  s.partition("a", true);
  s.wait_serving("b");
  s.expect(!s.node("a").serves(), "a's lease ended before b served");
  s.expect(s.write("b") == Outcome::kOk, "b goes on");
  s.partition("a", false);
  s.wait_settled("a follows b");
}

void in_doubt(Script& s) {
  s.say("both secondaries have the record, but a dies before it hears so");
  s.world().network().cut(s.at("b"), s.at("a"), true);
  s.world().network().cut(s.at("c"), s.at("a"), true);
  s.start_write("a");
  s.world().run_for(5 * kMillisecond);
  s.world().instances().crash(s.at("a"), 2 * kSecond);
  s.world().network().cut(s.at("b"), s.at("a"), false);
  s.world().network().cut(s.at("c"), s.at("a"), false);
  s.wait_serving("b");
  s.expect(s.node("b").state().size() == 1, "the write that was in doubt is there, once");
  s.expect(s.write("b") == Outcome::kOk, "whoever retries learns so from b");
  s.wait_settled("a is back");
  s.expect(s.node("a").state().size() == 2, "the same on a");
}

void manager_forgets(Script& s) {
  s.write("a");
  s.say("the manager dies between storing epoch 2 and telling anybody");
  s.world().control().crash_after_next_persist(500 * kMillisecond);
  s.world().instances().crash(s.at("a"), 3 * kSecond);
  s.world().run_until([&] { return s.world().control().up(); }, kSecond);
  s.world().run_for(600 * kMillisecond);
  s.wait_serving("b");
  s.expect(s.write("b") == Outcome::kOk, "b leads in the epoch that was stored");
  s.wait_settled("a is back");
  s.say("now it starts from an older copy of its file");
  const Epoch before = s.world().control().latest_view().epoch;
  s.world().control().restart_from_older_copy(2);
  s.wait_settled("it heard the members");
  s.world().instances().crash(s.at("b"), kSecond);
  s.world().run_until([&] { return s.world().control().latest_view().epoch > before; },
                      5 * kSecond);
  s.expect(s.world().control().latest_view().epoch.raw > before.raw, "epochs grow");
  s.wait_settled("and it goes on");
}

void one_way_for_ever(Script& s) {
  s.say("what a sends to b never arrives; everything else does");
  s.world().network().cut(s.at("a"), s.at("b"), true);
  const uint64_t views = s.world().control().views_made();
  s.world().run_for(15 * kSecond);
  s.expect(s.world().control().views_made() - views <= 4, "a bounded number of view changes");
  const std::string primary = s.world().control().latest_view().primary.raw;
  s.expect(s.write(primary.c_str()) == Outcome::kOk, "and progress");
  s.world().network().cut(s.at("a"), s.at("b"), false);
  s.wait_settled("all are in sync again");
}

// The receiver dies in the middle of a snapshot: it then has the whole old state or the whole new
// one.
void snapshot_interrupted(Script& s) {
  s.world().instances().crash(s.at("c"), 400 * kMillisecond);
  for (int i = 0; i < 5; ++i) s.write("a");
  s.say("a and b trim their logs: c needs a snapshot");
  s.node("a").trim_log();
  s.node("b").trim_log();
  s.world().run_until([&] { return s.node("c").up(); }, kSecond);
  s.world().network().slow_link(s.at("a"), s.at("c"), 30 * kMillisecond);
  s.world().run_for(75 * kMillisecond);
  s.say("c dies while it arrives");
  s.world().instances().crash(s.at("c"), 200 * kMillisecond);
  s.world().network().slow_link(s.at("a"), s.at("c"), 0);
  s.expect(s.write("a") == Outcome::kOk, "the others go on");
  s.wait_settled("c is back and has everything");
  s.expect(s.node("c").state().size() == 6, "nothing twice, nothing hidden");
}

}  // namespace multiaz::replication::sim
