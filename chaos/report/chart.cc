// Every request as a mark: when it was sent and how long it took. A still picture on the axis of
// the lanes above it, and the same data for the script that makes the picture interactive.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "chaos/report/embedded.h"
#include "chaos/report/page.h"

namespace multiaz::chaos {

namespace {

constexpr double kTop = 26, kBottom = 290, kHeight = 330;
constexpr double kLowMs = 0.1, kHighMsMin = 1000;
constexpr size_t kAnsweredMax = 8000;  // enough for a picture; failed ones are all drawn

struct Mark {
  double at_ms, took_ms;
  Path path;
};

struct Marks {
  std::vector<Mark> answered, failed;
};

Marks marks_of(const RunRecord& record, const Axis& axis) {
  Marks out;
  const size_t step = record.requests.size() / kAnsweredMax + 1;
  size_t number = 0;
  for (const Request& one : record.requests) {
    if (one.sent < axis.from || one.sent > axis.to) continue;
    if (one.ok && ++number % step != 0) continue;
    const double at = static_cast<double>(one.sent - axis.from) / kMillisecond;
    const double took =
        one.done > one.sent ? static_cast<double>(one.done - one.sent) / kMillisecond : 0;
    (one.ok ? out.answered : out.failed).push_back({at, took, one.path});
  }
  return out;
}

std::string figure(double value, const char* format) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

class Chart {
 public:
  Chart(const RunRecord& record, const Axis& axis)
      : record_(record), axis_(axis), marks_(marks_of(record, axis)) {
    for (const auto* marks : {&marks_.answered, &marks_.failed}) {
      for (const Mark& one : *marks) {
        while (one.took_ms > high_ms_) high_ms_ *= 10;
      }
    }
  }

  std::string svg() {
    out_ << "<svg id=\"latency\" role=\"img\" aria-labelledby=\"latency-title\" viewBox=\"0 0 1050 "
         << kHeight << "\"><desc id=\"latency-title\">How long each of " << record_.requests.size()
         << " requests took; " << marks_.failed.size() << " failed</desc>";
    bands();
    heights();
    seconds();
    path("ok", marks_.answered);
    path("failed", marks_.failed);
    out_ << "<rect id=\"latency-span\" class=\"span\" y=\"" << kTop << "\" height=\""
         << kBottom - kTop
         << "\" style=\"display:none\"/><circle id=\"latency-ring\" class=\"ring\""
         << " r=\"6\" style=\"display:none\"/></svg>";
    return out_.str();
  }

  // The data for the script: milliseconds since the left edge, milliseconds taken, the path's
  // number.
  [[nodiscard]] std::string json() const {
    std::ostringstream out;
    out << "{\"box\":{\"left\":" << axis_.left << ",\"width\":" << axis_.width
        << ",\"top\":" << kTop << ",\"bottom\":" << kBottom << "},\"until\":"
        << figure(static_cast<double>(axis_.to - axis_.from) / kMillisecond, "%.1f")
        << ",\"low\":" << kLowMs << ",\"high\":" << figure(high_ms_, "%.0f") << ",\"paths\":[";
    for (int i = 0; i <= static_cast<int>(Path::kOther); ++i) {
      out << (i > 0 ? ",\"" : "\"") << to_string(static_cast<Path>(i)) << "\"";
    }
    out << "],\"ok\":" << columns(marks_.answered) << ",\"failed\":" << columns(marks_.failed)
        << "}";
    return out.str();
  }

 private:
  [[nodiscard]] double y(double ms) const {
    const double share = std::log10(std::max(ms, kLowMs) / kLowMs) / std::log10(high_ms_ / kLowMs);
    return kBottom - (kBottom - kTop) * std::min(1.0, share);
  }
  [[nodiscard]] double ms_of(Nanos at) const {
    return at < axis_.from ? 0 : static_cast<double>(at - axis_.from) / kMillisecond;
  }

  void bands() {
    out_ << "<g id=\"latency-bands\">";
    for (const FaultRecord& fault : record_.faults) {
      if (fault.applied == 0) continue;
      const Nanos until = std::max(fault.healed, fault.applied);
      const double x = axis_.x(fault.applied);
      out_ << "<rect class=\"band\" x=\"" << x << "\" y=\"" << kTop << "\" width=\""
           << std::max(2.0, axis_.x(until) - x) << "\" height=\"" << kBottom - kTop
           << "\" data-from=\"" << ms_of(fault.applied) << "\" data-to=\"" << ms_of(until)
           << "\"><title>" << escape_markup(fault_words(record_, fault)) << "</title></rect>";
    }
    out_ << "</g>";
  }

  void heights() {
    out_ << "<text x=\"4\" y=\"14\">milliseconds</text>";
    for (double ms = kLowMs; ms <= high_ms_ * 1.01; ms *= 10) {
      out_ << "<line class=\"tick\" x1=\"" << axis_.left << "\" x2=\"" << axis_.left + axis_.width
           << "\" y1=\"" << y(ms) << "\" y2=\"" << y(ms) << "\"/><text x=\"" << axis_.left - 8
           << "\" y=\"" << y(ms) + 4 << "\" text-anchor=\"end\">" << figure(ms, "%g") << "</text>";
    }
  }

  void seconds() {
    out_ << "<g id=\"latency-ticks\">";
    for (const int second : tick_seconds(axis_)) {
      const double x = axis_.x(axis_.from + static_cast<Nanos>(second) * kSecond);
      out_ << "<line class=\"tick\" x1=\"" << x << "\" x2=\"" << x << "\" y1=\"" << kTop
           << "\" y2=\"" << kBottom << "\"/><text x=\"" << x << "\" y=\"" << kBottom + 18
           << "\" text-anchor=\"middle\">" << second << " s</text>";
    }
    out_ << "</g>";
  }

  // Squares and crosses differ without colour. A line of length 0 is drawn as a square.
  void path(const char* kind, const std::vector<Mark>& marks) {
    out_ << "<path id=\"latency-" << kind << "\" class=\"" << kind << "\" d=\"";
    const bool cross = &marks == &marks_.failed;
    const double all_ms = ms_of(axis_.to);
    for (const Mark& one : marks) {
      const double x = axis_.left + axis_.width * one.at_ms / all_ms;
      const double middle = y(one.took_ms);
      out_ << "M" << figure(x - (cross ? 4 : 0), "%.1f") << " "
           << figure(middle - (cross ? 4 : 0), "%.1f") << (cross ? "l8 8m-8 0l8 -8" : "h0");
    }
    out_ << "\"/>";
  }

  static std::string columns(const std::vector<Mark>& marks) {
    std::string at, ms, path;
    for (const Mark& one : marks) {
      const char* comma = at.empty() ? "" : ",";
      at += comma + figure(one.at_ms, "%.1f");
      ms += comma + figure(one.took_ms, "%.2f");
      path += comma + std::to_string(static_cast<int>(one.path));
    }
    return "{\"at\":[" + at + "],\"ms\":[" + ms + "],\"path\":[" + path + "]}";
  }

  const RunRecord& record_;
  const Axis& axis_;
  Marks marks_;
  double high_ms_ = kHighMsMin;
  std::ostringstream out_;
};

}  // namespace

std::string latency_chart(const RunRecord& record, const Axis& axis) {
  Chart chart(record, axis);
  std::string out =
      "<h2>Every request: how long it took</h2><p>Squares were answered, crosses failed; grey "
      "bands "
      "are faults. The axis of milliseconds is logarithmic, that of time is the one above. Point "
      "at "
      "a mark to read it; drag to zoom, double-click to go back. "
      "<button id=\"latency-whole\" hidden>Show the whole run</button></p><div class=\"wide\">" +
      chart.svg() + "</div><div id=\"latency-tip\" hidden></div>" +
      "<script type=\"application/json\" id=\"latency-data\">" + chart.json() + "</script>";
  for (const EmbeddedFile& file : embedded_script()) {
    out += "<script>" + std::string(file.text) + "</script>";
  }
  return out;
}

}  // namespace multiaz::chaos
