// What there is to say about a kind of fault. The kinds themselves are the table in kinds.h. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace multiaz {

enum class FaultScope {
  kLink,     // between two ends; the fabric of the processes at both carries it out (base/rt)
  kProcess,  // inside the processes of its target (inner_faults.h)
  kAct,      // done from outside, by chaos: a signal, an order of the API (chaos/faults)
};

// How the fabric treats the bytes of a link.
enum class LinkEffect {
  kCut,        // they are held
  kDelay,      // they take longer
  kDrop,       // they are lost without a sign; the connection is dead when the rule ends
  kReset,      // what is sent resets its connection, with the odds of `percent`
  kBandwidth,  // so many bits a second
};

// How a process ends that meets the fault. A process that is gone or stopped counts nothing.
enum class FaultEnd { kNone, kPerhaps, kGone, kStopped };

enum class FaultNeed { kNo, kMay, kYes };

// A number, or a text if it has `choices` or `is_text`.
struct FaultParameter {
  std::string_view name, unit;
  uint64_t min = 0, max = 0;
  uint64_t normal = 0;       // when it is not given, or 0
  std::string_view choices;  // of a text: the words that are allowed
  std::string_view usual;    // of a text: when it is not given
  bool is_text = false;
  bool may_lack = true;  // a text without a usual one
};

struct FaultKind {
  std::string_view name;
  FaultScope scope = FaultScope::kAct;
  std::string_view help, example;
  LinkEffect effect = LinkEffect::kCut;  // of links
  bool one_way = false;                  // of links: only what travels from the target to `to`
  std::string_view tiers;                // inside which it can be, of kProcess
  std::array<FaultParameter, 3> parameters = {};
  bool needs_one = false;  // one of its parameters is above 0
  FaultEnd end = FaultEnd::kNone;
  // Links: the counter that grows at either end. Acts: what is looked at. Inside a process it is
  // the counter fault_NAME, or the process.
  std::string_view proof;
  FaultNeed target = FaultNeed::kYes, lasts = FaultNeed::kYes;
  bool at_points = false;  // it may wait for a named point inside its target
};

// Where a process can be ended: between two steps that must not come apart.
constexpr std::string_view kFaultPoints =
    "before_append "       // a primary was asked for a write
    "after_local_append "  // it is in its own log, no other member has it
    "after_commit "        // every in-sync member has it, the client has no answer
    "promote "             // a new primary, before it serves
    "after_db_commit";     // webnode: an order is in the database, the shopper does not know

}  // namespace multiaz
