// The parts of the supervisor: when the orchestrator is started again, what the command line takes,
// and the table of processes with real children.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "supervisor/options.h"
#include "supervisor/processes.h"
#include "supervisor/restart_policy.h"
#include "supervisor/restart_record.h"

namespace multiaz::supervisor {
namespace {

TEST(RestartPolicy, DoublesTheDelayOfItsOwnFastDeathsUpToTwoSeconds) {
  RestartPolicy policy;
  std::vector<uint64_t> delays;
  for (int i = 0; i < 8; ++i) delays.push_back(policy.after_death(10, false));
  EXPECT_EQ(delays, (std::vector<uint64_t>{50, 100, 200, 400, 800, 1600, 2000, 2000}));
  EXPECT_EQ(policy.failures(), 8U);
}

TEST(RestartPolicy, ForgetsTheDelayAfterALongLife) {
  RestartPolicy policy;
  for (int i = 0; i < 5; ++i) (void)policy.after_death(10, false);
  EXPECT_EQ(policy.after_death(kLongLifeMs, false), kRestartDelayMs);
  EXPECT_EQ(policy.failures(), 1U);
}

TEST(RestartPolicy, TriesForEverAndNeverWaitsLongerThanTwoSeconds) {
  RestartPolicy policy;
  for (int i = 0; i < 100'000; ++i) EXPECT_LE(policy.after_death(0, false), kRestartDelayMsMax);
}

TEST(RestartPolicy, ComesBackAtOnceWhenSomebodyKillsItHoweverOften) {
  RestartPolicy policy;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(policy.after_death(10, true), kRestartDelayMs);
  for (int i = 0; i < 4; ++i) (void)policy.after_death(10, false);
  EXPECT_EQ(policy.after_death(10, true), kRestartDelayMs);
  EXPECT_EQ(policy.after_death(10, false), 800U) << "a kill between makes nobody healthy";
}

TEST(RestartPolicy, CountsOnlyDeathsOfItsOwnMakingInARow) {
  RestartPolicy policy;
  for (int i = 0; i < 4; ++i) (void)policy.after_death(10, false);
  (void)policy.after_death(10, true);
  EXPECT_EQ(policy.failures(), 0U) << "its last end was not of its own making";
  for (int i = 0; i < 4; ++i) (void)policy.after_death(10, false);
  policy.lives();
  EXPECT_EQ(policy.failures(), 0U);
  EXPECT_EQ(policy.after_death(10, false), kRestartDelayMs);
}

TEST(RestartRecord, SaysHowItEndedInWords) {
  EXPECT_EQ(how_it_ended(-1, SIGKILL), "killed by SIGKILL");
  EXPECT_EQ(how_it_ended(-1, SIGABRT), "aborted (SIGABRT)");
  EXPECT_EQ(how_it_ended(254, 0), "ended with exit code 254");
  RestartRecord record;
  record.last_end = "a \"quoted\"\nword";
  EXPECT_EQ(to_json(record),
            "{\"pid\":0,\"restarts\":0,\"failures\":0,\"last_end\":\"a \\\"quoted\\\" word\","
            "\"last_end_unix_ms\":0,\"next_start_unix_ms\":0}\n");
}

TEST(Options, TakesEndpointsAndTheOrchestratorsCommand) {
  const auto options =
      parse_options({"--dir", "/run/x", "--name", "x", "--listen", "api=127.20.0.2:7070",
                     "--die-with", "77", "--", "orch", "-a"});
  ASSERT_TRUE(options.ok()) << options.error().text();
  EXPECT_EQ(options->dir, "/run/x");
  EXPECT_EQ(options->listen[0].first, "api");
  EXPECT_EQ(options->listen[0].second.text(), "127.20.0.2:7070");
  EXPECT_EQ(options->die_with, 77);
  EXPECT_EQ(options->orchestrator, (std::vector<std::string>{"orch", "-a"}));
}

TEST(Options, SaysWhatIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
      {{}, "--dir is missing"},
      {{"--dir"}, "'--dir' needs a value"},
      {{"--dir", "d", "--name", "n"}, "the orchestrator's command is missing after '--'"},
      {{"--port", "1"}, "unknown option '--port'"},
      {{"--listen", "api"}, "--listen: 'api' is not ENDPOINT=ADDRESS:PORT"},
      {{"--listen", "api=127.0.0.1"}, "--listen: 'api=127.0.0.1' has no port"},
      {{"--die-with", "1"}, "--die-with: '1' is not a process id"},
  };
  for (const auto& [arguments, text] : table) {
    const auto options = parse_options(arguments);
    ASSERT_FALSE(options.ok());
    EXPECT_EQ(options.error().detail, text);
  }
}

wire::Spawn sleeper(const std::string& id, uint64_t launch) {
  wire::Spawn spawn;
  spawn.id = id;
  spawn.launch = launch;
  spawn.argv = {"/bin/sleep", "60"};
  return spawn;
}

// Runs one story on a loop, with every child reaped into `exits`.
struct Story {
  Processes processes{{}};
  std::vector<wire::Exited> exits;
  rt::Notify reaped;
};

rt::Task<void> await_exits(Story& s, size_t count) {
  while (s.exits.size() < count) co_await s.reaped.wait(5000);
}

rt::Task<int> tell(rt::Task<void> (*story)(Story&)) {
  Story s;
  rt::Reaper reaper([&s](const rt::ExitReport& report) {
    if (auto exited = s.processes.reaped(report)) s.exits.push_back(*exited);
    s.reaped.notify_all();
  });
  co_await story(s);
  s.processes.signal_all(SIGKILL);
  while (!s.processes.empty()) co_await s.reaped.wait(5000);
  co_return 0;
}

rt::Task<void> kill_story(Story& s) {
  const auto pid = s.processes.start(sleeper("web-a1", 3));
  EXPECT_TRUE(pid.ok());
  const auto again = s.processes.start(sleeper("web-a1", 4));
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(s.processes.signal("web-a1", 2, SIGKILL).error().code, Code::kNotFound);
  EXPECT_TRUE(s.processes.signal("web-a1", 3, SIGKILL).ok());
  co_await await_exits(s, 1);
  EXPECT_EQ(s.exits[0].id, "web-a1");
  EXPECT_EQ(s.exits[0].launch, 3U);
  EXPECT_EQ(s.exits[0].pid, pid->main);
  EXPECT_EQ(s.exits[0].signal, SIGKILL);
  EXPECT_EQ(s.exits[0].exit_code, -1);
  EXPECT_TRUE(s.processes.empty());
  EXPECT_EQ(s.processes.list()[0].pid, 0);  // an ended process keeps its launch number
  EXPECT_EQ(s.processes.list()[0].launch, 3U);
}

rt::Task<void> stop_story(Story& s) {
  EXPECT_TRUE(s.processes.start(sleeper("db-a1", 1)).ok());
  EXPECT_FALSE(s.processes.list()[0].stopped);
  EXPECT_TRUE(s.processes.signal("db-a1", 0, SIGSTOP).ok());
  while (!s.processes.list()[0].stopped) co_await rt::sleep_ms(1);
  EXPECT_TRUE(s.processes.signal("db-a1", 1, SIGCONT).ok());
  while (s.processes.list()[0].stopped) co_await rt::sleep_ms(1);
}

rt::Task<void> bad_story(Story& s) {
  wire::Spawn spawn = sleeper("lb-a1", 1);
  spawn.argv = {"/no/such/program"};
  EXPECT_EQ(s.processes.start(spawn).error().detail, "/no/such/program: No such file or directory");
  spawn.argv = {};
  EXPECT_EQ(s.processes.start(spawn).error().code, Code::kInvalid);
  spawn = sleeper("lb-a1", 1);
  spawn.listen = {"shop"};
  EXPECT_EQ(s.processes.start(spawn).error().detail, "no listener 'shop'");
  EXPECT_TRUE(s.processes.empty());
  co_return;
}

TEST(Processes, ReportsWhoDiedAndHow) {
  rt::run(tell(kill_story));
}
TEST(Processes, SeesWhoIsStopped) {
  rt::run(tell(stop_story));
}
TEST(Processes, RefusesWhatCannotStart) {
  rt::run(tell(bad_story));
}

}  // namespace
}  // namespace multiaz::supervisor
