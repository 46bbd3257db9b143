// The page of a run: each request has its mark, each fault its band, and the page is
// self-contained.
#include "chaos/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chaos/report/page.h"

namespace multiaz::chaos {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Nanos kStart = 100 * kSecond;

// Two seconds: at 0.5 s a cut of 300 ms, with one failed and one slow request in it.
RunRecord record() {
  RunRecord out;
  out.scenario.name = "sample";
  out.scenario.title = "A <sample>";
  out.began = kStart - 2 * kSecond;
  out.load_from = kStart;
  out.load_until = kStart + 2 * kSecond;
  FaultRecord cut;
  cut.spec.name = "1";
  cut.spec.kind = "cut";
  cut.spec.target = "db:primary";
  cut.spec.to = "az-b";
  cut.applied = kStart + 500 * kMillisecond;
  cut.healed = kStart + 800 * kMillisecond;
  cut.bit = true;
  cut.proof = "bytes <held>";
  out.faults = {cut};
  for (Nanos at = kStart; at < out.load_until; at += 100 * kMillisecond) {
    out.requests.push_back(Request{Path::kCart, at, at + 2 * kMillisecond, true});
  }
  out.requests.push_back(
      Request{Path::kOrder, cut.applied, cut.applied + kMillisecond + kMillisecond / 2, false});
  out.requests.push_back(Request{Path::kBrowse, cut.applied, cut.applied + 40 * kSecond, true});
  return out;
}

size_t count(const std::string& text, const std::string& word) {
  size_t out = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++out;
  return out;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const size_t begin = text.find(from);
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find(to, begin + from.size()) - begin);
}

TEST(ReportPage, EachRequestIsAMarkAndFailedOnesAreCrosses) {
  const RunRecord run = record();
  const std::string chart = latency_chart(run, axis_of(run));
  EXPECT_EQ(count(between(chart, "id=\"latency-ok\"", "/>"), "h0"), 21U);
  EXPECT_EQ(count(between(chart, "id=\"latency-failed\"", "/>"), "l8 8"), 1U);
}

TEST(ReportPage, TheScriptGetsTheFiguresOfEachMark) {
  const RunRecord run = record();
  const std::string chart = latency_chart(run, axis_of(run));
  const std::string data = between(chart, "id=\"latency-data\">", "</script>");
  EXPECT_THAT(data, HasSubstr("\"until\":3000.0"));
  EXPECT_THAT(data, HasSubstr("\"failed\":{\"at\":[1500.0],\"ms\":[1.50],\"path\":[2]}"));
}

TEST(ReportPage, TheAxisOfTimesHasRoomForTheSlowest) {
  const RunRecord run = record();
  const std::string chart = latency_chart(run, axis_of(run));
  EXPECT_THAT(chart, HasSubstr("\"high\":100000,"));
  EXPECT_THAT(chart, HasSubstr(">100000</text>"));
}

TEST(ReportPage, FaultsAreBandsThatSayWhatTheyAre) {
  const RunRecord run = record();
  const Axis axis = axis_of(run);
  for (const std::string& picture : {lanes_svg(run, axis), latency_chart(run, axis)}) {
    EXPECT_THAT(picture, HasSubstr("<title>1 cut db:primary to az-b at 500 ms, until 800 ms: bytes "
                                   "&lt;held&gt;</title>"));
  }
}

TEST(ReportPage, AStripSaysWhatWasCounted) {
  const RunRecord run = record();
  EXPECT_THAT(lanes_svg(run, axis_of(run)),
              HasSubstr("<title>order down (0 ok, 0 slow, 1 failed), 500 ms to 600 ms</title>"));
}

TEST(ReportPage, NothingIsFetchedAndNobodyElsesCodeIsInIt) {
  const RunRecord run = record();
  const std::string page = report_html(run, JudgedRun{});
  for (const char* word : {" src=", " href=", "@import", "url(", "import(", "fetch("}) {
    EXPECT_THAT(page, Not(HasSubstr(word)));
  }
  EXPECT_EQ(count(page, "http"), count(page, "http://www.w3.org/2000/svg"));
  for (const char* word : {"opyright", "icense"}) EXPECT_THAT(page, Not(HasSubstr(word)));
  EXPECT_THAT(page, HasSubstr("A &lt;sample&gt;"));
}

}  // namespace
}  // namespace multiaz::chaos
