#include "chaos/judge/rounds.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/faults/kinds.h"
#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

constexpr Nanos kOverlap = kSecond;
// An event of these kinds is the fault's own order, not its detection.
constexpr std::string_view kOrders[] = {"kill", "stop", "cont", "fault", "zone", "restart", "heal"};

bool is_order(const Event& event) {
  return std::ranges::any_of(kOrders,
                             [&](std::string_view word) { return event.kind.starts_with(word); });
}

uint64_t to_ms(Nanos ns) {
  return (ns + kMillisecond / 2) / kMillisecond;
}

std::span<const FaultRecord> faults_of(const RunRecord& record, const RoundRecord& round) {
  return std::span(record.faults).subspan(round.first, round.faults);
}

bool used(const RunRecord& record, Path path, Nanos from, Nanos to) {
  return std::ranges::any_of(record.requests, [&](const Request& one) {
    return one.path == path && one.ok && one.sent >= from && one.sent <= to;
  });
}

std::string proof_of(const FaultRecord& fault) {
  const FaultKind* kind = find_fault(fault.spec.kind);
  const bool act = kind && kind->scope == FaultScope::kAct && !kind->proof.starts_with("fabric_");
  return act && fault.bit ? std::string(kind->proof) + ": " + fault.proof : fault.proof;
}

// In each replicated group that was hit, the member that was named last as serving.
std::string took_over(const RunRecord& record, const RoundRecord& round) {
  std::set<std::string> groups;
  for (const FaultRecord& fault : faults_of(record, round)) {
    for (const std::string& id : fault.targets) groups.insert(id.substr(0, id.find('-')));
  }
  std::string out;
  for (const char* group : {"cache", "db"}) {
    if (!groups.contains(group)) continue;
    std::string last;
    for (const Event& event : record.events) {
      const bool mine =
          event.kind == "serving" && event.target.starts_with(std::string(group) + "-");
      if (mine && event.at >= round.struck && event.at <= round.until) last = event.target;
    }
    if (!last.empty()) out += (out.empty() ? "" : ", ") + last;
  }
  return out;
}

Claim about_round(const RunRecord& record, const RoundRecord& round, size_t number) {
  const RoundFigures seen = figures_of(record, round);
  Claim out{std::to_string(number) + ". " + round.name + ": bites, is ridden out, and is made good",
            Ruling::kHolds, ""};
  out.text = "outage " + std::to_string(seen.outage_ms) + " ms, " + std::to_string(seen.failed) +
             " failed requests, whole again after " + std::to_string(seen.whole_again_ms) +
             " ms (" + seen.proof + ")";
  if (!seen.overlapped) {
    out.ruling = Ruling::kInconclusive;
    out.text = "the paths it hits were not in use before and after it; " + out.text;
  }
  if (!round.whole) {
    out.ruling = Ruling::kViolated;
    out.text = "not whole again; " + out.text;
  }
  if (!seen.bit) {
    out.ruling = Ruling::kNotApplied;
    out.text = "it did not bite: " + seen.proof;
  }
  return out;
}

}  // namespace

std::optional<Nanos> detected_at(const RunRecord& record, const FaultRecord& fault) {
  const auto& ids = fault.targets;
  for (const Event& event : record.events) {
    if (event.at < fault.applied || is_order(event)) continue;
    if (std::ranges::find(ids, event.target) != ids.end()) return event.at;
  }
  return std::nullopt;
}

RoundFigures figures_of(const RunRecord& record, const RoundRecord& round) {
  RoundFigures out;
  out.bit = round.faults > 0 && round.struck > 0;
  for (const FaultRecord& fault : faults_of(record, round)) {
    out.bit = out.bit && fault.bit;
    out.proof += (out.proof.empty() ? "" : "; ") + proof_of(fault);
    const auto detected = detected_at(record, fault);
    if (out.detect_ms == 0 && detected) out.detect_ms = to_ms(*detected - round.struck);
  }
  out.overlapped = true;
  for (const Path path : round.paths) {
    const Nanos gap = longest_outage(record, path, round.struck, round.until);
    out.outage_ms = std::max(out.outage_ms, to_ms(gap));
    out.overlapped = out.overlapped && used(record, path, round.struck - kOverlap, round.struck) &&
                     used(record, path, round.struck, round.until);
  }
  out.failed =
      static_cast<uint64_t>(std::ranges::count_if(record.requests, [&](const Request& one) {
        return !one.ok && one.done >= round.struck && one.sent <= round.until;
      }));
  out.took_over = took_over(record, round);
  if (round.whole_at > round.struck) out.whole_again_ms = to_ms(round.whole_at - round.struck);
  return out;
}

void claim_rounds(const RunRecord& record, Claims& out) {
  size_t number = 0;
  for (const RoundRecord& round : record.rounds) {
    if (!round.name.empty()) out.push_back(about_round(record, round, ++number));
  }
}

}  // namespace multiaz::chaos
