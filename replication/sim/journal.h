// The results of a run: its trace, and how often each thing was exercised.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/core/clock.h"

namespace multiaz::replication::sim {

using Coverage = std::map<std::string, uint64_t>;

class Journal {
 public:
  explicit Journal(bool traces) : traces_(traces) {}

  void trace(Nanos now, const std::string& who, const std::string& text);
  const std::string& text() const { return text_; }
  void cover(const std::string& what) { ++coverage_[what]; }
  const Coverage& coverage() const { return coverage_; }

 private:
  const bool traces_;
  std::string text_;
  Coverage coverage_;
};

}  // namespace multiaz::replication::sim
