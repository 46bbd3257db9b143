// The table of fault kinds, and what is made of it.
#include "base/faults/kinds.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "base/faults/checks.h"
#include "base/faults/words.h"

namespace multiaz {
namespace {

std::string refusal(std::string_view name, FaultFigures figures) {
  const auto checked = check_figures(*find_fault(name), std::move(figures));
  return checked ? "" : checked.error().detail;
}

TEST(FaultKinds, HaveNamesOfTheirOwnThatReadBack) {
  std::set<std::string_view> names;
  for (const FaultKind& one : kFaultKinds) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_EQ(find_fault(one.name), &one);
    EXPECT_EQ(&fault_kind(id_of(one)), &one);
  }
  EXPECT_EQ(find_fault("melt"), nullptr);
  EXPECT_EQ(to_string("cpu_hog"_fault), "cpu_hog");
}

TEST(FaultKinds, SayWhatAReaderNeeds) {
  for (const FaultKind& one : kFaultKinds) {
    EXPECT_FALSE(one.help.empty()) << one.name;
    EXPECT_EQ(one.example.substr(0, one.example.find(' ')), one.name);
    EXPECT_EQ(one.example.find("--for ") != std::string_view::npos, one.lasts != FaultNeed::kNo)
        << one.name;
    EXPECT_EQ(one.scope == FaultScope::kProcess, !one.tiers.empty()) << one.name;
    // Links and acts have no counter of their own.
    EXPECT_EQ(one.scope == FaultScope::kProcess, one.proof.empty()) << one.name;
    for (const FaultParameter& parameter : one.parameters) {
      if (parameter.name.empty() || parameter.is_text) continue;
      EXPECT_LE(parameter.min, parameter.max) << one.name << " " << parameter.name;
      EXPECT_TRUE(checked(one, parameter, uint64_t{0}).ok()) << one.name << " " << parameter.name;
    }
  }
}

TEST(FaultKinds, AreOrderedWithFiguresThatTheyHaveWithinTheirBounds) {
  EXPECT_EQ(check_figures(*find_fault("disk_slow"), {})->amount, 100u);
  EXPECT_EQ(check_figures(*find_fault("disk_slow"), {})->percent, 100u);
  EXPECT_EQ(refusal("disk_slow", {.amount = 60'001}),
            "\"amount\" of disk_slow goes from 1 to 60000 ms");
  EXPECT_EQ(refusal("cut", {.amount = 1}), "cut has no \"amount\"");
  EXPECT_EQ(refusal("cut", {.delay_ms = 1}), "cut has no \"delay_ms\"");
  EXPECT_EQ(refusal("cpu_hog", {.percent = 101}), "\"percent\" of cpu_hog goes from 1 to 100 %");
  EXPECT_EQ(refusal("delay", {}), "a delay needs delay_ms or jitter_ms");
  EXPECT_EQ(refusal("delay", {.jitter_ms = 5}), "");
  EXPECT_EQ(refusal("cut", {.point = "back"}), "cut has no \"point\"");
  EXPECT_EQ(refusal("clock_jump", {.point = "back"}), "");
  EXPECT_EQ(refusal("clock_jump", {.point = "up"}),
            "\"point\" of clock_jump is one of none, back, not 'up'");
  EXPECT_EQ(refusal("crash_at", {}),
            "\"point\" of crash_at is one of before_append, after_local_append, after_commit, "
            "promote, after_db_commit, not ''");
}

TEST(FaultKinds, TakeSettingsAsCommandsGiveThem) {
  const auto good = parse_settings(*find_fault("clock_jump"), {"amount=7", "point=back"});
  ASSERT_TRUE(good.ok()) << good.error().detail;
  EXPECT_EQ(good->numbers.at("amount"), 7u);
  EXPECT_EQ(good->texts.at("point"), "back");
  const auto trouble = [](const char* kind, const char* word) {
    return parse_settings(*find_fault(kind), {word}).error().detail;
  };
  EXPECT_EQ(trouble("cut", "amount=7"), "--set takes KEY=VALUE, not 'amount=7'; cut has no keys");
  EXPECT_EQ(trouble("cpu_hog", "percent"),
            "--set takes KEY=VALUE, not 'percent'; cpu_hog has percent 1-100 % (100)");
  EXPECT_EQ(trouble("cpu_hog", "percent=x"), "\"percent\" is a number, not 'x'");
  EXPECT_EQ(trouble("cpu_hog", "percent=200"), "\"percent\" of cpu_hog goes from 1 to 100 %");
}

// To accept a change: MULTIAZ_REWRITE=1 build/debug/bin/test_base --gtest_filter='FaultKinds.*'
TEST(FaultKinds, AreTheTableInDocs) {
  const char* path = "docs/chaos.md";
  std::ifstream file(path);
  std::ostringstream read;
  read << file.rdbuf();
  std::string text = read.str();
  const size_t from = text.find("| kind | does | ");
  ASSERT_NE(from, std::string::npos);
  const size_t size = text.find("\n\n", from) + 1 - from;
  if (std::getenv("MULTIAZ_REWRITE")) {
    std::ofstream(path) << text.replace(from, size, fault_markdown());
    return;
  }
  EXPECT_EQ(text.substr(from, size), fault_markdown());
}

TEST(FaultKinds, AreProvenByACounterOfTheirOwnOrOfTheFabric) {
  EXPECT_EQ(fault_counter(*find_fault("cut")), "fabric_bytes_held");
  EXPECT_EQ(fault_counter(*find_fault("cpu_hog")), "fault_cpu_hog");
  EXPECT_TRUE(ends_process(*find_fault("stop_at")));
  EXPECT_FALSE(ends_process(*find_fault("disk_error")));
}

}  // namespace
}  // namespace multiaz
