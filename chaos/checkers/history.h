// The operations of clients, as the clients saw them, and the result of a checker. Times are of one
// clock (all processes are on one host); an operation lasts from just before it was sent until its
// whole answer was there.
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
    kInfo,  // in doubt: executed at any later time, or never
  };
  Kind kind = Kind::kRead;
  End end = End::kOk;
  std::string process;  // a logical client: one operation at a time
  std::string key;
  // kWrite, kAdd, kCas: unique for the key, never 0. kRead: the value read, 0 = none.
  uint64_t value = 0;
  uint64_t expected = 0;       // kCas: the value that must be there; kFail: another one was
  std::vector<uint64_t> seen;  // kReadSet
  Nanos called = 0;
  Nanos returned = kNeverEnded;  // kNeverEnded with kInfo
};
using History = std::vector<Operation>;

// One reason why no correct system could have given these answers.
struct Anomaly {
  std::string key;
  std::string text;            // "read 7 after 9 had been read, and before ..."
  std::vector<size_t> places;  // the operations that show it, in the history
};

struct Judgement {
  std::string algorithm;  // the algorithm that judged: "zones", "blocks"
  size_t operations = 0;
  std::vector<Anomaly> anomalies;
  bool gave_up = false;  // the memory limit was reached: nothing is proven
};

// One JSON object a line, as in history.jsonl:
//   {"type":"invoke|ok|fail|info","t_ns":N,"p":"client","f":"write|read|add|read-set|cas",
//     "k":"key","v":N or [N,..] or null}; of a cas [expected, new]
// An invoke and its end have the same p; an invoke without end is in doubt. Reads in doubt are left
// out: they have no effect. kInvalid names the line.
Result<History> read_history(std::string_view jsonl);
std::string write_history(const History& history);
// Writes the format of Jepsen, Knossos and elle-cli: one map an event, in the order of time.
std::string to_edn(const History& history);

}  // namespace multiaz::chaos
