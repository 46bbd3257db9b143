// The cluster's event log: every decision with its reason, and the events that the daemons report.
// The last kEventsInMemory are kept in memory; all are stored at the end of the loop's turn.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/core/clock.h"
#include "base/rt/sync.h"
#include "orchestrator/control/event.h"
#include "orchestrator/shell/store.h"

namespace multiaz::orchestrator {

constexpr size_t kEventsInMemory = 10'000;

std::string event_to_json(const Event& event);

class EventLog {
 public:
  explicit EventLog(Store& store);
  // Continues the numbering of earlier orchestrators.
  Status load();

  // Fills in seq, wall and, if it is 0, t_ns.
  void add(Event event);
  // Lines (JSON texts without newline) with seq > since, the oldest first, at most `count`.
  struct Line {
    uint64_t seq;
    std::string json;
  };
  [[nodiscard]] std::vector<Line> after(uint64_t since, size_t count) const;
  [[nodiscard]] uint64_t last_seq() const { return next_seq_ - 1; }
  // Notified at the end of a turn in which events were added.
  rt::Notify& news() { return news_; }
  void flush();

 private:
  Store& store_;
  uint64_t next_seq_ = 1;
  std::deque<Line> lines_;
  std::vector<std::pair<uint64_t, std::string>> unsaved_;
  bool flush_due_ = false;
  rt::Notify news_;
};

}  // namespace multiaz::orchestrator
