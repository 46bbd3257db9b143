#include "base/core/fault_proofs.h"

namespace multiaz {

namespace {

struct LinkProof {
  std::string_view kind, counter;
};
constexpr LinkProof kLinkProofs[] = {
    {"cut", "fabric_bytes_held"},      {"cut_one_way", "fabric_bytes_held"},
    {"delay", "fabric_bytes_delayed"}, {"black_hole", "fabric_bytes_dropped"},
    {"reset", "fabric_resets"},        {"bandwidth", "fabric_bytes_delayed"},
};

struct KnownEnd {
  std::string_view kind;
  FaultEnd end;
};
constexpr KnownEnd kEnds[] = {
    {"torn_write", FaultEnd::kGone},    {"power_loss", FaultEnd::kGone},
    {"crash_at", FaultEnd::kGone},      {"stop_at", FaultEnd::kStopped},
    {"disk_error", FaultEnd::kPerhaps},  // who gives up may be gone before it has told that
    {"disk_full", FaultEnd::kPerhaps},
};

}  // namespace

std::string fault_counter(std::string_view kind) {
  for (const LinkProof& one : kLinkProofs) {
    if (one.kind == kind) return std::string(one.counter);
  }
  return "fault_" + std::string(kind);
}

FaultEnd fault_end(std::string_view kind) {
  for (const KnownEnd& one : kEnds) {
    if (one.kind == kind) return one.end;
  }
  return FaultEnd::kNone;
}

}  // namespace multiaz
