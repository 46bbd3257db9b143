// What clients did, as they saw it, and what it is judged by. Times are of one clock (all processes
// are on one host); an operation lives from just before it was sent until its whole answer was
// there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/clock.h"
#include "base/core/result.h"

namespace multiaz::chaos {

constexpr Nanos kNeverEnded = ~Nanos{0};

struct Operation {
  enum class Kind { kWrite, kRead, kAdd, kReadSet, kCas };
  enum class End {
    kOk,
    kFail,  // certainly not executed
    kInfo,  // in doubt: executed at any time since, or never
  };
  Kind kind = Kind::kRead;
  End end = End::kOk;
  std::string process;  // a logical client: one operation at a time
  std::string key;
  // kWrite, kAdd, kCas: unique for the key, never 0. kRead: what was read, 0 = nothing there.
  uint64_t value = 0;
  uint64_t expected = 0;       // kCas: what must be there; kFail: something else was
  std::vector<uint64_t> seen;  // kReadSet
  Nanos called = 0;
  Nanos returned = kNeverEnded;  // kNeverEnded with kInfo
};
using History = std::vector<Operation>;

// One reason why no correct system could have answered like that.
struct Anomaly {
  std::string key;
  std::string text;            // "read 7 after 9 had been read, and before ..."
  std::vector<size_t> places;  // of the operations that show it, in the history
};

struct Judgement {
  std::string algorithm;  // what judged: "zones", "blocks"
  size_t operations = 0;
  std::vector<Anomaly> anomalies;
  bool gave_up = false;  // it would have had to remember too much: nothing is proven
};

// One JSON object a line, as in history.jsonl:
//   {"type":"invoke|ok|fail|info","t_ns":N,"p":"client","f":"write|read|add|read-set|cas",
//    "k":"key","v":N or [N,..] or null}; of a cas [expected, new]
// An invoke and its end have the same p; an invoke without end is in doubt. Reads in doubt are left
// out: they have no effect. kInvalid names the line.
Result<History> read_history(std::string_view jsonl);
std::string write_history(const History& history);
// For Jepsen, Knossos and elle-cli: one map an event, in the order of time.
std::string to_edn(const History& history);

}  // namespace multiaz::chaos
