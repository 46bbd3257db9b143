// The operations of probes, as history.jsonl has them. Append-only; one for each run.
#pragma once

#include <string>

#include "chaos/checkers/history.h"

namespace multiaz::chaos {

class Recorder {
 public:
  void add(Operation operation) {
    ++operations_;
    if (keep_) history_.push_back(std::move(operation));
  }
  // From now on operations are counted and not kept: the cost of recording is measured against
  // this.
  void count_only() { keep_ = false; }
  [[nodiscard]] uint64_t operations() const { return operations_; }
  [[nodiscard]] const History& history() const { return history_; }
  // A process name that is not used again: after an operation in doubt a client goes on under
  // another.
  std::string new_process(const std::string& of) { return of + "." + std::to_string(++processes_); }

 private:
  History history_;
  bool keep_ = true;
  uint64_t operations_ = 0;
  uint64_t processes_ = 0;
};

}  // namespace multiaz::chaos
