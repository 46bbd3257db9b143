// The command line's own parts: parsing, tables, durations, run folders, /proc.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/rt/conn.h"
#include "cli/addresses.h"
#include "cli/options.h"
#include "cli/proc.h"
#include "cli/run_folder.h"
#include "cli/spawn.h"
#include "cli/table.h"

namespace multiaz::cli {
namespace {

Parsed parse(std::vector<std::string> words) {
  words.insert(words.begin(), "multiaz");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

TEST(CommandLine, TakesVerbsAndTheirWords) {
  Parsed up = parse({"up", "c.toml", "--name", "x", "--wait", "healthy", "--json"});
  ASSERT_FALSE(up.exit_code);
  EXPECT_EQ(up.options.verb, "up");
  EXPECT_EQ(up.options.file, "c.toml");
  EXPECT_EQ(up.options.name, "x");
  EXPECT_EQ(up.options.wait, "healthy");
  EXPECT_TRUE(up.options.json);
  Parsed fault = parse({"fault", "cut", "db:primary", "az-b", "--for", "5s", "--one-way"});
  EXPECT_EQ(fault.options.verb, "fault");
  EXPECT_EQ(fault.options.a, "db:primary");
  EXPECT_EQ(fault.options.b, "az-b");
  EXPECT_TRUE(fault.options.one_way);
}

TEST(CommandLine, TakesTheSmallWords) {
  EXPECT_EQ(parse({"doctor", "--name", "x"}).options.name, "x");
  EXPECT_EQ(parse({"stop", "web-a1", "--for", "2s"}).options.duration, "2s");
  EXPECT_EQ(parse({"kill", "web-a1", "--for", "2s"}).exit_code, 254) << "nothing comes back";
  const Parsed events = parse({"events", "--kind", "exit,kill", "--instance", "web-a1"});
  EXPECT_EQ(events.options.kinds, (std::vector<std::string>{"exit", "kill"}));
  EXPECT_EQ(events.options.instances, (std::vector<std::string>{"web-a1"}));
}

TEST(CommandLine, AVerbsHelpHasNotTheFooterOfAll) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"down", "--help"}).exit_code, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout().find("first tour"), std::string::npos);
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("first tour"), std::string::npos);
}

TEST(CommandLine, HandsEverythingOnToSiblings) {
  const Parsed demo = parse({"demo", "--json", "--bug", "ack-before-replicate"});
  ASSERT_FALSE(demo.exit_code);
  EXPECT_EQ(demo.options.rest,
            (std::vector<std::string>{"--json", "--bug", "ack-before-replicate"}));
}

TEST(CommandLine, BadInputIs254) {
  for (const auto& words : {std::vector<std::string>{},
                            {"fly"},
                            {"kill"},
                            {"up", "--wait", "long"},
                            {"zone", "sideways", "az-a"},
                            {"ps", "--nmae", "x"}}) {
    EXPECT_EQ(parse(words).exit_code, 254);
  }
  EXPECT_EQ(parse({"--help"}).exit_code, 0);
}

TEST(Duration, Units) {
  EXPECT_EQ(parse_duration_ms("500ms"), 500U);
  EXPECT_EQ(parse_duration_ms("5s"), 5000U);
  EXPECT_EQ(parse_duration_ms("1.5s"), 1500U);
  EXPECT_EQ(parse_duration_ms("2m"), 120'000U);
  EXPECT_EQ(parse_duration_ms("1h"), 3'600'000U);
  EXPECT_EQ(parse_duration_ms("3"), 3000U);
  for (const char* bad : {"", "s", "5d", "-1s", "1s2", "nan", "1e30s"}) {
    EXPECT_FALSE(parse_duration_ms(bad)) << bad;
  }
}

TEST(Table, AlignsWhatIsShown) {
  allow_colours(false);
  Table table({"ID", "STATE"});
  table.add({"web-a1", "ready"});
  table.add({"é", "dead"});
  EXPECT_EQ(table.text(), "ID      STATE\nweb-a1  ready\né       dead\n");
  allow_colours(true);
  EXPECT_EQ(coloured(Colour::kRed, "x"), "\033[31mx\033[0m");
  Table colours({"A", "B"});
  colours.add({coloured(Colour::kGreen, "ok"), "1"});
  EXPECT_NE(colours.text().find("\033[32mok\033[0m  1"), std::string::npos);
  allow_colours(false);
}

class RunFolder : public testing::Test {
 protected:
  RunFolder() {
    char folder[] = "/tmp/multiaz-cli-XXXXXX";
    folder_ = mkdtemp(folder);
    setenv("MULTIAZ_RUN", folder_.c_str(), 1);
  }
  ~RunFolder() override {
    unsetenv("MULTIAZ_RUN");
    std::filesystem::remove_all(folder_);
  }
  std::string folder_;
};

TEST_F(RunFolder, IsForItsOwnerOnlyAndCarriesSecrets) {
  auto folder = create_folder("x");
  ASSERT_TRUE(folder.ok()) << folder.error().text();
  const auto mode = std::filesystem::status(folder->path).permissions();
  EXPECT_EQ(static_cast<int>(mode) & 077, 0);
  const auto secrets = std::filesystem::status(folder->path + "/secrets.json").permissions();
  EXPECT_EQ(static_cast<int>(secrets) & 0777, 0600);
  folder->api = *rt::parse_address("127.20.0.2:7070");
  folder->shop = *rt::parse_address("127.20.0.1:8080");
  EXPECT_TRUE(save(*folder).ok());
  const auto again = load_folder("x");
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(again->token, folder->token);
  EXPECT_EQ(again->api.text(), "127.20.0.2:7070");
  EXPECT_FALSE(is_running(*again));
  EXPECT_EQ(find_cluster("").error().code, Code::kNotFound);
}

TEST_F(RunFolder, ANumberOfAnotherProcessIsNoSupervisor) {
  auto folder = create_folder("x");
  folder->supervisor = getpid();
  EXPECT_FALSE(is_running(*folder));
}

TEST_F(RunFolder, APathThatIsTooLongForASocketIsSaid) {
  const auto folder = create_folder(std::string(100, 'x'));
  ASSERT_FALSE(folder.ok());
  EXPECT_NE(folder.error().detail.find("too long for a socket"), std::string::npos);
}

TEST(Proc, SeesThisProcess) {
  const auto facts = look_at(getpid());
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->parent, getppid());
  EXPECT_GT(pss_kib(getpid()), 0U);
  EXPECT_FALSE(look_at(1 << 30));
  EXPECT_EQ(argument_of("/bin/x --id web-a1 --zone az-a", "--id"), "web-a1");
  EXPECT_EQ(argument_of("/bin/x --id web-a1", "--name"), "");
}

TEST(Spawn, CapturesBothStreamsAndTheExitCode) {
  const auto ran = run_captured({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ran.ok());
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "err\n");
  EXPECT_EQ(ran->exit_code, 3);
}

TEST(Addresses, ATakenPortIsSeen) {
  const auto fd = rt::open_listening_socket(*rt::parse_address("127.77.0.1:0"));
  ASSERT_TRUE(fd.ok());
  close(*fd);
  EXPECT_FALSE(why_taken(*rt::parse_address("127.77.0.1:18999")));
}

}  // namespace
}  // namespace multiaz::cli
