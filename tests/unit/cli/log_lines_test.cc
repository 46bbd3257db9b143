#include "cli/log_lines.h"

#include <gtest/gtest.h>

namespace multiaz::cli {
namespace {

TEST(LogLines, HaveTimeLevelAndText) {
  const LogLine line = parse_log_line("web-a1", "2026-11-21T10:00:00.123Z warning web-a1 a b c");
  EXPECT_EQ(line.wall, "2026-11-21T10:00:00.123Z");
  EXPECT_EQ(line.level, LogLevel::kWarn);
  EXPECT_EQ(line.text, "a b c");
  EXPECT_EQ(log_line_json(line),
            R"({"id":"web-a1","wall":"2026-11-21T10:00:00.123Z","level":"warn","text":"a b c"})");
}

TEST(LogLines, AnythingElseIsKeptAsItIs) {
  for (const char* text : {"{\"ready\":true}", "", "==1==ERROR: AddressSanitizer", "2026"}) {
    const LogLine line = parse_log_line("x", text);
    EXPECT_EQ(line.text, text);
    EXPECT_EQ(line.wall, "");
    EXPECT_EQ(line.level, LogLevel::kInfo);
  }
}

}  // namespace
}  // namespace multiaz::cli
