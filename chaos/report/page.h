// The parts of the page, which only report.cc puts together.
#pragma once

#include <string>
#include <vector>

#include "chaos/checkers/verdict.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

std::string ms_text(double ms);
std::string since_load(const RunRecord& record, Nanos at);            // "-3.1 ms", "120 ms"
std::string event_item(const RunRecord& record, const Event& event);  // an item of a list

// The shared axis: nanoseconds since the load began, to pixels.
struct Axis {
  Nanos from = 0, to = 1;
  double left = 130, width = 900;
  [[nodiscard]] double x(Nanos at) const {
    const Nanos inside = at < from ? from : at > to ? to : at;
    return left + width * static_cast<double>(inside - from) / static_cast<double>(to - from);
  }
};
Axis axis_of(const RunRecord& record);
std::vector<int> tick_seconds(const Axis& axis);  // seconds since the axis began

// A fault in a sentence: its kind, its target, its times, and how it was verified.
std::string fault_words(const RunRecord& record, const FaultRecord& fault);
std::string lanes_svg(const RunRecord& record, const Axis& axis);      // faults, strips, roles
std::string latency_chart(const RunRecord& record, const Axis& axis);  // each request
std::string anomaly_cards(const RunRecord& record, const std::vector<Anomaly>& anomalies);
// The order in which the operations on some registers took effect, around an anomaly or the fault.
std::string order_view(const RunRecord& record, const std::vector<Anomaly>& anomalies);
std::string loss_table(const RunRecord& record);
std::string beside_table(const RunRecord& record, const JudgedRun& judged);  // the control run
std::string recovery_table(const RunRecord& record);

}  // namespace multiaz::chaos
