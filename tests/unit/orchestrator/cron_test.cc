#include "orchestrator/asg/cron.h"

#include <gtest/gtest.h>

#include <ctime>

namespace multiaz::orchestrator {
namespace {

int64_t utc(int year, int month, int day, int hour, int minute) {
  std::tm t = {};
  t.tm_year = year - 1900;
  t.tm_mon = month - 1;
  t.tm_mday = day;
  t.tm_hour = hour;
  t.tm_min = minute;
  return static_cast<int64_t>(timegm(&t)) * 1000;
}

std::string next_of(const std::string& line, int64_t after_ms) {
  const auto cron = parse_cron(line);
  if (!cron) return cron.error().detail;
  const auto next = next_time(*cron, after_ms);
  if (!next) return "never";
  const std::time_t seconds = *next / 1000;
  std::tm t = {};
  gmtime_r(&seconds, &t);
  char text[32];
  std::strftime(text, sizeof text, "%a %Y-%m-%d %H:%M", &t);
  return text;
}

const int64_t kSaturday = utc(2026, 11, 21, 12, 47);

TEST(CronLine, NamesTheNextTime) {
  EXPECT_EQ(next_of("* * * * *", kSaturday), "Sat 2026-11-21 12:48");
  EXPECT_EQ(next_of("47 12 * * *", kSaturday), "Sun 2026-11-22 12:47");  // strictly later
  EXPECT_EQ(next_of("30 8 * * 1-5", kSaturday), "Mon 2026-11-23 08:30");
  EXPECT_EQ(next_of("*/20 13-14 * * SAT", kSaturday), "Sat 2026-11-21 13:00");
  EXPECT_EQ(next_of("0 0 1,15 JAN-FEB *", kSaturday), "Fri 2027-01-01 00:00");
  EXPECT_EQ(next_of("0 0 29 2 *", kSaturday), "Tue 2028-02-29 00:00");
  EXPECT_EQ(next_of("0 0 * * 7", kSaturday), "Sun 2026-11-22 00:00");
  EXPECT_EQ(next_of("5/30 * * * *", kSaturday), "Sat 2026-11-21 13:05");
}

TEST(CronLine, WithBothKindsOfDayEitherWillDo) {
  EXPECT_EQ(next_of("0 6 13 * FRI", kSaturday), "Fri 2026-11-27 06:00");
  EXPECT_EQ(next_of("0 6 24 * FRI", kSaturday), "Tue 2026-11-24 06:00");
}

TEST(CronLine, ADayThatNeverComes) {
  EXPECT_EQ(next_of("0 0 31 2 *", kSaturday), "never");
}

TEST(CronLine, MistakesAreNamed) {
  for (const auto& [line, text] :
       {std::pair{"* * * *", "a cron line has five fields"},
        {"60 * * * *", "the minute of a cron line is *, a number from 0 to 59"},
        {"* 24 * * *", "the hour of a cron line"},
        {"* * 0 * *", "the day of the month of a cron line is *, a number from 1 to 31"},
        {"* * * FOO *", "not 'FOO'"},
        {"* * * * 8", "the day of the week of a cron line"},
        {"5-1 * * * *", "not '5-1'"},
        {"*/0 * * * *", "not '*/0'"},
        {"1, * * * *", "not '1,'"},
        {"-3 * * * *", "not '-3'"}}) {
    const auto cron = parse_cron(line);
    ASSERT_FALSE(cron.ok()) << line;
    EXPECT_NE(cron.error().detail.find(text), std::string::npos) << cron.error().detail;
  }
}

}  // namespace
}  // namespace multiaz::orchestrator
