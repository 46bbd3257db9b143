#include "orchestrator/asg/cron.h"

#include <algorithm>
#include <cctype>
#include <ctime>
#include <sstream>
#include <vector>

namespace multiaz::orchestrator {

namespace {

struct CronField {
  const char* name;
  int low, high;
  std::vector<std::string> words;  // names of the numbers from `low` on
};

const CronField kFields[] = {
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month",
     1,
     12,
     {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
    {"day of the week", 0, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
};

std::optional<int> cron_number(const CronField& field, std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < field.words.size(); ++i) {
    if (text == field.words[i]) return field.low + static_cast<int>(i);
  }
  const bool digits =
      !text.empty() && text.size() <= 2 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return {};
  const int value = std::stoi(text);
  return value >= field.low && value <= field.high ? std::optional(value) : std::nullopt;
}

std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) out.push_back(part);
  if (text.empty() || text.back() == at) out.emplace_back();
  return out;
}

// "*", "7", "1-5", "*/10", "1-30/2"
std::optional<uint64_t> cron_range(const CronField& field, const std::string& text) {
  const auto parts = cut(text, '/');
  if (parts.size() > 2) return {};
  int step = 1;
  if (parts.size() == 2) {
    const CronField steps{"", 1, 59, {}};
    const auto given = cron_number(steps, parts[1]);
    if (!given) return {};
    step = *given;
  }
  int low = field.low, high = field.high;
  if (parts[0] != "*") {
    const auto ends = cut(parts[0], '-');
    const auto from = ends.size() <= 2 ? cron_number(field, ends.front()) : std::nullopt;
    const auto to = ends.size() == 2 ? cron_number(field, ends.back()) : from;
    if (!from || !to || *from > *to) return {};
    low = *from;
    if (ends.size() == 2 || parts.size() == 1) high = *to;
  }
  uint64_t bits = 0;
  for (int i = low; i <= high; i += step) bits |= uint64_t{1} << i;
  return bits;
}

Result<uint64_t> cron_field(const CronField& field, const std::string& text) {
  uint64_t bits = 0;
  for (const std::string& part : cut(text, ',')) {
    const auto some = cron_range(field, part);
    if (!some) {
      return Error(Code::kInvalid,
                   std::string("the ") + field.name + " of a cron line is *, a " + "number from " +
                       std::to_string(field.low) + " to " + std::to_string(field.high) +
                       ", a range 1-5, a step */10 or a list 1,3; not '" + text + "'");
    }
    bits |= *some;
  }
  return bits;
}

bool has(uint64_t bits, int number) {
  return (bits >> number & 1) != 0;
}

bool names_day(const Cron& cron, const std::tm& t) {
  if (!has(cron.months, t.tm_mon + 1)) return false;
  const bool day = has(cron.days, t.tm_mday), weekday = has(cron.weekdays, t.tm_wday);
  if (cron.any_day || cron.any_weekday) return day && weekday;
  return day || weekday;
}

}  // namespace

Result<Cron> parse_cron(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> texts;
  for (std::string text; in >> text;) texts.push_back(text);
  if (texts.size() != std::size(kFields)) {
    return Error(
        Code::kInvalid,
        "a cron line has five fields (minute hour day month weekday, UTC), not '" + line + "'");
  }
  Cron cron;
  uint64_t* const into[] = {&cron.minutes, &cron.hours, &cron.days, &cron.months, &cron.weekdays};
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto bits = cron_field(kFields[i], texts[i]);
    if (!bits) return bits.error();
    *into[i] = *bits;
  }
  if (has(cron.weekdays, 7)) cron.weekdays |= 1;  // 7 is Sunday, like 0
  cron.any_day = texts[2] == "*";
  cron.any_weekday = texts[4] == "*";
  return cron;
}

std::optional<int64_t> next_time(const Cron& cron, int64_t after_ms) {
  constexpr std::time_t kMinute = 60, kHour = 3600, kDay = 86400;
  std::time_t at = (after_ms / 1000 / kMinute + 1) * kMinute;
  const std::time_t limit = at + 4 * 366 * kDay;
  while (at < limit) {
    std::tm t = {};
    gmtime_r(&at, &t);
    if (!names_day(cron, t))
      at = (at / kDay + 1) * kDay;
    else if (!has(cron.hours, t.tm_hour))
      at = (at / kHour + 1) * kHour;
    else if (!has(cron.minutes, t.tm_min))
      at += kMinute;
    else
      return static_cast<int64_t>(at) * 1000;
  }
  return {};
}

}  // namespace multiaz::orchestrator
