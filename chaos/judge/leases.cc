// Leases of primaries must not overlap in real time: all processes share one clock, so this is
// observed and need not be argued. Each daemon reports when it began to serve in which epoch, and
// until when its lease lasted. For one that was killed, its exit or the signal is the end; for one
// that was stopped first, the stop is.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "chaos/judge/judge.h"

namespace multiaz::chaos {

namespace {

struct Reign {
  std::string id;
  uint64_t epoch = 0;
  Nanos since = 0, until = 0;  // until 0: open
};

std::string tier_of(const std::string& id) {
  return id.substr(0, id.find('-'));
}

constexpr Nanos kLastInstructions = kMillisecond;  // a process may run on after SIGKILL

bool kills(const FaultSpec& spec) {
  return spec.kind == "kill" || spec.kind == "zone_down";
}

// When it was killed for good: SIGKILL was sent, and later it was seen to be gone. Its exit may be
// reported much later, because a thread that waits for the disk keeps the process; but nothing of
// it runs any more.
Nanos killed_at(const RunRecord& record, const Reign& reign) {
  Nanos killed = kNeverEnded;
  for (const FaultRecord& fault : record.faults) {
    if (!kills(fault.spec)) continue;
    for (const Hit& hit : fault.hits) {
      if (hit.id != reign.id || !hit.verified || hit.at < reign.since) continue;
      killed = std::min(killed, hit.at + kLastInstructions);
    }
  }
  return killed;
}

// When the process of that instance ended, or was stopped and never continued, after `since`.
Nanos end_of(const RunRecord& record, const Reign& reign) {
  Nanos end = std::min(record.ended, killed_at(record, reign));
  for (const Event& event : record.events) {
    if (event.kind == "exit" && event.target == reign.id && event.at >= reign.since) {
      end = std::min(end, event.at);
    }
  }
  Nanos stopped = 0;
  for (const Event& event : record.events) {
    if (event.target != reign.id || event.at < reign.since || event.at > end) continue;
    if (event.kind == "stop") stopped = event.at;
    if (event.kind == "cont") stopped = 0;
  }
  return stopped != 0 ? stopped : end;  // it was killed while it was stopped
}

std::map<std::string, std::vector<Reign>> reigns_of(const RunRecord& record) {
  std::map<std::string, std::vector<Reign>> out;
  for (const Event& event : record.events) {
    const auto lease = lease_of(event);
    if (!lease) continue;
    std::vector<Reign>& all = out[tier_of(event.source)];
    if (lease->begins) all.push_back(Reign{event.source, lease->epoch, lease->at, 0});
    for (Reign& one : all) {
      const bool ends = !lease->begins && one.id == event.source && one.epoch == lease->epoch;
      if (ends && one.until == 0) one.until = lease->at;
    }
  }
  for (auto& [tier, all] : out) {
    for (Reign& one : all) {
      if (one.until == 0) one.until = std::max(one.since, end_of(record, one));
    }
    std::ranges::sort(all, [](const Reign& a, const Reign& b) { return a.since < b.since; });
  }
  return out;
}

std::string words(const Reign& one) {
  return one.id + " in epoch " + std::to_string(one.epoch);
}

}  // namespace

std::optional<LeaseNote> lease_of(const Event& event) {
  if (event.kind != "lease") return std::nullopt;
  unsigned long long epoch = 0, at = 0;
  const char* text = event.text.c_str();
  const bool begins = std::sscanf(text, "epoch %llu serves since %llu", &epoch, &at) == 2;
  const bool ends = !begins && std::sscanf(text, "epoch %llu served until %llu", &epoch, &at) == 2;
  if (!begins && !ends) return std::nullopt;
  return LeaseNote{begins, epoch, at};
}

void claim_leases(const RunRecord& record, Claims& out) {
  size_t reigns = 0;
  std::string overlaps, epochs, unseen;
  const auto known = reigns_of(record);
  for (const char* tier : {"cache", "db"}) {
    if (record.roster.leased(tier) && !known.contains(tier)) unseen += std::string(" ") + tier;
  }
  for (const auto& [tier, all] : known) {
    reigns += all.size();
    const Reign* longest = nullptr;
    for (const Reign& one : all) {
      if (longest != nullptr && longest->id != one.id && one.since < longest->until) {
        overlaps += (overlaps.empty() ? "" : "; ") + words(*longest) + " and " + words(one) +
                    " for " + std::to_string((longest->until - one.since) / 1000) + " us";
      }
      if (longest != nullptr && one.epoch <= longest->epoch && one.id != longest->id) {
        epochs += (epochs.empty() ? "" : "; ") + words(one) + " after " + words(*longest);
      }
      if (longest == nullptr || one.until >= longest->until) longest = &one;
    }
  }
  if (reigns == 0 && unseen.empty()) return;  // no member of this cluster has leases
  const auto claim = [&](const char* name, const std::string& wrong) {
    Claim one = holds_if(
        name, wrong.empty(),
        std::to_string(reigns) + " times of serving" + (wrong.empty() ? "" : "; " + wrong));
    if (!unseen.empty()) {
      if (wrong.empty()) one.ruling = Ruling::kInconclusive;
      one.text += "; no event says who served of:" + unseen;
    }
    out.push_back(std::move(one));
  };
  claim("leases of primaries never overlap", overlaps);
  claim("epochs grow, and each has one primary", epochs);
}

}  // namespace multiaz::chaos
