#include "replication/sim/scenarios.h"

namespace multiaz::replication::sim {

// Defined in scenarios_time.cc.
void pause_inside_a_tick(Script& s);
void clocks_at_different_rates(Script& s);
void in_doubt(Script& s);
void manager_forgets(Script& s);
void one_way_for_ever(Script& s);
void snapshot_interrupted(Script& s);

namespace {

Settings three() {
  return Settings();
}

Settings three_on_disk() {
  Settings s;
  s.durability = Durability::kDisk;
  return s;
}

Settings two_and_a_replica() {
  Settings s;
  s.candidates = 2;
  s.replicas = 1;
  return s;
}

Settings with_different_clocks() {
  Settings s;
  s.clock_rates = {900, 1100, 1000};
  return s;
}

uint64_t hash_at_tail(Script& s, const char* member) {
  const Disk& disk = s.node(member).disk_;
  return *disk.hash_at(disk.tail());
}

void lost_ack_on_kill(Script& s) {
  s.write("a");
  s.say("the primary dies before the request reaches it");
  s.world().instances().crash(s.at("a"), 2 * kSecond);
  s.expect(s.write("a") == Outcome::kDefinite, "nothing was executed");
  s.wait_settled("a is back");

  s.say("b dies after its own append, nobody else has the record");
  s.cut_both("b", "a", true);
  s.cut_both("b", "c", true);
  s.start_write("b");
  s.world().instances().crash(s.at("b"), 500 * kMillisecond);
  s.cut_both("b", "a", false);
  s.cut_both("b", "c", false);
  s.wait_settled("b is back and dropped it");

  s.say("the primary dies with one of two acks");
  const char* primary = s.node("a").serves() ? "a" : "c";
  const char* other = s.node("a").serves() ? "c" : "a";
  s.world().network().cut(s.at(primary), s.at(other), true);
  s.start_write(primary);
  s.world().run_for(3 * kMillisecond);
  s.world().instances().crash(s.at(primary), 500 * kMillisecond);
  s.world().network().cut(s.at(primary), s.at(other), false);
  s.wait_settled("the record is everywhere or nowhere");

  s.say("the primary dies right after its answer left");
  const std::string last = s.world().control().latest_view().primary.raw;
  s.expect(s.write(last.c_str()) == Outcome::kOk, "committed");
  s.world().instances().crash(s.at(last.c_str()), 500 * kMillisecond);
  s.wait_settled("the acknowledged write is everywhere");
}

void partitioned_primary(Script& s) {
  s.expect(s.write("a") == Outcome::kOk, "before the partition");
  s.partition("a", true);
  s.say("a and its clients are alone; within the lease a takes writes but commits none");
  s.start_write("a");
  s.wait_serving("b");
  s.expect(s.write("a") == Outcome::kDefinite, "no lease: refused");
  s.expect(s.read("a") == Outcome::kDefinite, "no lease: refused");
  s.expect(s.write("b") == Outcome::kOk, "the other side goes on");
  s.world().run_for(1800 * kMillisecond);
  s.partition("a", false);
  s.wait_settled("a is back and dropped what it could not commit");
}

void resurrected_primary(Script& s) {
  s.write("a");
  s.say("a takes three writes that reach nobody, and dies");
  s.cut_both("a", "b", true);
  s.cut_both("a", "c", true);
  for (int i = 0; i < 3; ++i) s.start_write("a");
  s.world().instances().crash(s.at("a"), kSecond);
  const uint64_t orphan = hash_at_tail(s, "a");
  s.cut_both("a", "b", false);
  s.cut_both("a", "c", false);
  s.wait_serving("b");
  for (int i = 0; i < 2; ++i) s.expect(s.write("b") == Outcome::kOk, "b leads");
  s.wait_settled("a is back with its old disk");
  s.expect(!s.holds("a", Lsn(4), orphan), "a truncated its three records");
  s.expect(hash_at_tail(s, "a") == hash_at_tail(s, "b"), "one history");
}

void double_failover(Script& s) {
  s.write("a");
  s.say("lsn 2 is committed by a, but nobody hears of the commit point");
  s.expect(s.write("a") == Outcome::kOk, "acknowledged");
  s.world().instances().crash(s.at("a"), 3 * kSecond);
  s.world().run_for(2 * kMillisecond);
  s.say("b is promoted and dies at once");
  s.world().instances().crash(s.at("b"), 3 * kSecond);
  s.wait_serving("c");
  s.expect(s.node("c").state().size() == 2, "c has lsn 2: truncation looks at epochs, not commits");
  s.expect(s.write("c") == Outcome::kOk, "c goes on");
  s.wait_settled("a and b are back");
  s.expect(hash_at_tail(s, "a") == hash_at_tail(s, "c"), "one history");
}

void shrink_without_manager(Script& s) {
  s.world().control().crash(3 * kSecond);
  s.say("the manager is gone; b dies");
  s.world().instances().crash_for_good(s.at("b"));
  s.expect(!s.write("a").has_value(), "a must not shrink the set by itself");
  s.world().run_until([&] { return s.world().control().up(); }, 5 * kSecond);
  s.wait_settled("the manager is back and shrinks the set");
  s.expect(s.write("a") == Outcome::kOk, "goes on with two");
}

void competing_removals(Script& s) {
  s.cut_both("a", "b", true);
  s.say("a and b cannot reach each other, both reach the manager");
  s.start_write("a");
  s.world().run_until([&] { return s.world().control().latest_view().in_sync.size() == 1; },
                      5 * kSecond);
  s.world().run_for(4 * kSecond);
  s.expect(s.world().control().latest_view().in_sync.size() == 1, "exactly one wins");
  s.expect(s.node("a").serves() != s.node("b").serves(), "the loser stops");
  s.cut_both("a", "b", false);
  s.wait_settled("the loser joins again");
}

void view_not_acknowledged(Script& s) {
  s.write("a");
  s.say("a dies; b is chosen but never hears of it, and dies too; c is only a replica");
  s.world().control().cut(s.at("b"), false, true, true);
  s.world().network().cut(s.at("c"), s.at("b"), true);
  s.world().instances().crash(s.at("a"), 4 * kSecond);
  s.world().run_for(20 * kMillisecond);
  s.expect(s.world().control().latest_view().primary == NodeId("b"), "b is chosen");
  s.world().instances().crash(s.at("b"), 2 * kSecond);
  s.world().control().cut(s.at("b"), false, true, false);
  s.world().network().cut(s.at("c"), s.at("b"), false);
  s.world().run_for(1500 * kMillisecond);
  s.expect(!s.node("c").serves(), "unavailable rather than lossy");
  s.wait_serving("b");
  s.expect(s.write("b") == Outcome::kOk, "b has everything");
  s.wait_settled("a is back");
}

void join_race(Script& s) {
  s.world().instances().crash(s.at("c"), 300 * kMillisecond);
  s.world().instances().crash(s.at("b"), 5 * kSecond);
  s.world().run_until([&] { return s.world().control().latest_view().in_sync.size() == 1; },
                      kSecond);
  s.say("a is alone; c comes back and is asked in, but a does not hear of the new view");
  s.world().run_until([&] { return s.node("c").up(); }, kSecond);
  s.world().control().cut(s.at("a"), false, true, true);
  s.world().network().cut(s.at("c"), s.at("a"), false);
  s.world().run_until([&] { return s.world().control().latest_view().in_sync.size() == 2; },
                      3 * kSecond);
  s.start_write("a");
  s.say("whatever a acknowledged since, c has");
  s.world().run_for(5 * kMillisecond);
  s.world().instances().crash(s.at("a"), 4 * kSecond);
  s.world().control().cut(s.at("a"), false, true, false);
  s.wait_serving("c");
  s.wait_settled("all are back");
}

void empty_restart(Script& s) {
  for (int i = 0; i < 3; ++i) s.write("a");
  s.say("a loses its disk and is back in 10 ms, before its death is reported");
  s.world().control().delay_exit_reports(500 * kMillisecond);
  s.world().instances().empty_restart(s.at("a"), 10 * kMillisecond);
  s.wait_settled("a is a new member: it learns, and joins");
  s.expect(s.node("b").state().size() == 3 && s.node("a").state().size() == 3,
           "nobody adopted the emptiness");
}

void last_one_standing(Script& s) {
  s.world().instances().crash(s.at("b"), 4 * kSecond);
  s.world().instances().crash(s.at("c"), 4 * kSecond);
  s.world().run_until([&] { return s.world().control().latest_view().in_sync.size() == 1; },
                      kSecond);
  s.expect(s.write("a") == Outcome::kOk, "a alone: acknowledged after its fdatasync");
  s.start_write("a");
  s.say("the power of a goes: what was not synced is lost");
  s.world().instances().power_cut(s.at("a"), 6 * kSecond);
  s.world().run_for(5 * kSecond);
  s.expect(!s.node("b").serves() && !s.node("c").serves(), "b and c are up but may lack writes");
  s.wait_settled("a is back");
  s.expect(s.node("b").state().size() >= 1, "the acknowledged write is there");
}

}  // namespace

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> kScenarios = {
      {"T01", "lost ack on kill", three, lost_ack_on_kill},
      {"T02", "partitioned primary with its clients", three, partitioned_primary},
      {"T04", "pause inside a tick", three, pause_inside_a_tick},
      {"T05", "clocks at different rates", with_different_clocks, clocks_at_different_rates},
      {"T06", "resurrected old primary", three, resurrected_primary},
      {"T07", "double failover truncation (KIP-101)", three, double_failover},
      {"T08", "in-doubt commit", three, in_doubt},
      {"T09", "in-sync shrink with the manager gone", three, shrink_without_manager},
      {"T11", "a manager that forgets", three, manager_forgets},
      {"T12", "competing removals", two_and_a_replica, competing_removals},
      {"T13", "view not acknowledged", two_and_a_replica, view_not_acknowledged},
      {"T14", "join race", three, join_race},
      {"T15", "last replica standing", three_on_disk, last_one_standing},
      {"T16", "empty restart", three, empty_restart},
      {"T17", "one-way cut for ever", three, one_way_for_ever},
      {"T19", "snapshot interrupted", three, snapshot_interrupted},
  };
  return kScenarios;
}

}  // namespace multiaz::replication::sim
