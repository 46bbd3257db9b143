#include "orchestrator/shell/event_log.h"

#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/core/printable.h"
#include "base/rt/loop.h"
#include "orchestrator/control/aws_events.h"

namespace multiaz::orchestrator {

constexpr size_t kEventTextBytesMax = 4096;
constexpr size_t kEventNameBytesMax = 200;
constexpr size_t kEventFieldsMax = 32;
constexpr size_t kUnsavedMax = 100'000;  // most events that wait while the disk is full

std::string event_to_json(const Event& event) {
  nlohmann::ordered_json out;
  out["seq"] = event.seq;
  out["t_ns"] = event.t_ns;
  out["wall"] = event.wall;
  out["source"] = event.source;
  out["kind"] = event.kind;
  out["target"] = event.target;
  out["zone"] = event.zone;
  out["text"] = event.text;
  if (!event.fields.empty()) out["fields"] = event.fields;
  return jsonio::dump(out);
}

EventLog::EventLog(Store& store) : store_(store) {}

Status EventLog::load() {
  const auto stored = store_.last_events(kEventsInMemory);
  if (!stored) return stored.error();
  for (const std::string& text : *stored) {
    const auto parsed = jsonio::parse(text);
    const auto seq = parsed ? jsonio::count(*parsed, "seq") : Result<uint64_t>(parsed.error());
    if (seq) lines_.push_back({*seq, text});
  }
  if (!lines_.empty()) next_seq_ = lines_.back().seq + 1;
  return Status();
}

void EventLog::add(Event event) {
  event.seq = next_seq_++;
  const Nanos now = monotonic_now();
  if (event.t_ns == 0 || event.t_ns > now) event.t_ns = now;
  // The time of the event itself, which may be long before its report.
  event.wall = wall_text(wall_now_ms() - (now - event.t_ns) / kMillisecond);
  // Parts of an event may come from an untrusted client.
  for (std::string* text : {&event.source, &event.kind, &event.target}) {
    *text = printable(*text, kEventNameBytesMax);
  }
  event.text = printable(event.text, kEventTextBytesMax);
  for (auto field = event.fields.begin(); field != event.fields.end();) {
    const bool fits =
        event.fields.size() <= kEventFieldsMax && field->first.size() <= kEventNameBytesMax;
    field->second = printable(field->second, kEventTextBytesMax);
    field = fits ? std::next(field) : event.fields.erase(field);
  }
  std::string aws = aws_event(event.kind, event.target);
  if (!aws.empty()) event.fields["aws"] = std::move(aws);
  log::info(event.kind + " " + event.target + ": " + event.text);
  std::string text = event_to_json(event);
  lines_.push_back({event.seq, text});
  if (lines_.size() > kEventsInMemory) lines_.pop_front();
  if (unsaved_.size() < kUnsavedMax) unsaved_.emplace_back(event.seq, std::move(text));
  if (flush_due_) return;
  flush_due_ = true;
  rt::defer([this] { flush(); });
}

void EventLog::flush() {
  flush_due_ = false;
  news_.notify_all();
  if (unsaved_.empty()) return;
  const Status saved = store_.add_events(unsaved_);
  if (saved)
    unsaved_.clear();
  else
    log::warn("events are not saved: " + saved.error().text());
}

std::vector<EventLog::Line> EventLog::after(uint64_t since, size_t count) const {
  std::vector<Line> out;
  if (lines_.empty() || since >= lines_.back().seq) return out;
  const uint64_t first = lines_.front().seq;
  const size_t start = since < first ? 0 : static_cast<size_t>(since - first + 1);
  for (size_t i = start; i < lines_.size() && out.size() < count; ++i) out.push_back(lines_[i]);
  return out;
}

}  // namespace multiaz::orchestrator
