// Reads single values: durations, zones, numbers in texts.
#include <algorithm>
#include <charconv>
#include <ranges>

#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kFisDurationMsMax = 12 * 3'600'000;
constexpr uint64_t kDurationNumberMax = 1'000'000;  // of one part, so that no sum overflows

struct DurationPart {
  char letter;
  bool time;  // after the T
  uint64_t ms;
};
// In the order in which they may come.
constexpr DurationPart kDurationParts[] = {
    {'D', false, 24 * 3'600'000}, {'H', true, 3'600'000}, {'M', true, 60'000}, {'S', true, 1'000}};

Status whole_number(const std::string& text, uint64_t low, uint64_t high) {
  uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (whole && number >= low && number <= high) return Status();
  return Error(Code::kInvalid, "a number from " + std::to_string(low) + " to " +
                                   std::to_string(high) + " in a text, not \"" + text + "\"");
}

Status one_of(const std::string& text, const std::string& a, const std::string& b) {
  if (text == a || text == b) return Status();
  return Error(Code::kInvalid, a + " or " + b + " here, not \"" + text + "\"");
}

Status check_duration(const std::string& text) {
  const auto ms = duration_ms(text);
  if (!ms) return ms.error();
  if (*ms <= kFisDurationMsMax) return Status();
  return Error(Code::kInvalid, "at most 12 hours (PT12H), not \"" + text + "\"");
}

Status check_zones(const std::string& text) {
  for (const auto& part : std::views::split(text, ',')) {
    const std::string one(part.begin(), part.end());
    if (zone_letter(one) == 0) {
      return Error(Code::kInvalid, "a zone like az-b, us-east-1b or use1-az2, not \"" + one + "\"");
    }
  }
  return Status();
}

}  // namespace

Result<uint64_t> duration_ms(const std::string& text) {
  const Error wrong(Code::kInvalid, "a duration like PT2M, PT1H30M or PT30S, not \"" + text + "\"");
  if (!text.starts_with('P')) return wrong;
  uint64_t total_ms = 0, number = 0;
  size_t next_part = 0;
  bool time = false, digits = false;
  for (const char c : text.substr(1)) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + static_cast<uint64_t>(c - '0');
      digits = true;
      if (number > kDurationNumberMax) return wrong;
      continue;
    }
    if (c == 'T' && !time && !digits) {
      time = true;
      continue;
    }
    if (!digits) return wrong;
    while (next_part < std::size(kDurationParts) &&
           (kDurationParts[next_part].letter != c || kDurationParts[next_part].time != time)) {
      ++next_part;
    }
    if (next_part == std::size(kDurationParts)) return wrong;
    total_ms += number * kDurationParts[next_part++].ms;
    number = 0;
    digits = false;
  }
  if (digits || total_ms == 0) return wrong;
  return total_ms;
}

char zone_letter(const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!plain || text.size() < 2) return 0;
  const char last = text.back(), before = text[text.size() - 2];
  const bool id = text.size() > 3 && text.substr(text.size() - 3, 2) == "az";  // use1-az2
  if (id && last >= '1' && last <= '9') return static_cast<char>('a' + (last - '1'));
  const bool name =
      last >= 'a' && last <= 'z' && (before == '-' || (before >= '0' && before <= '9'));
  return name ? last : '\0';
}

Status check_fis_value(FisValue kind, const std::string& value) {
  switch (kind) {
    case FisValue::kDuration: return check_duration(value);
    case FisValue::kPercent: return whole_number(value, 0, 100);
    case FisValue::kMilliseconds: return whole_number(value, 0, 60'000);
    case FisValue::kSeconds: return whole_number(value, 1, kFisDurationMsMax / 1000);
    case FisValue::kFlag: return one_of(value, "true", "false");
    case FisValue::kSignal: return one_of(value, "SIGKILL", "SIGTERM");
    case FisValue::kScope: return one_of(value, "all", "availability-zone");
    case FisValue::kZone: return check_zones(value);
    case FisValue::kDocument: return check_fis_document(value);
    case FisValue::kText:
    case FisValue::kDocumentParameters: return Status();
  }
  return Status();
}

uint64_t scaled_fis_ms(uint64_t ms, double scale) {
  return std::max<uint64_t>(100, static_cast<uint64_t>(static_cast<double>(ms) * scale));
}

uint64_t fis_number(const std::string& text, uint64_t fallback) {
  uint64_t number = fallback;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : fallback;
}

}  // namespace multiaz::chaos
