#include "orchestrator/ec2/decide.h"

#include <algorithm>

namespace multiaz::orchestrator {

namespace {

using Kind = Action::Kind;

uint64_t silent_for_ms(const Snapshot& s, const Instance& one) {
  const Nanos since = one.heard_at ? one.heard_at : one.started_at;
  return s.now > since ? (s.now - since) / kMillisecond : 0;
}

// An instance that never reports cannot become silent, even when its silence clock was set: on
// adoption, or when it was continued.
bool is_silent(const Snapshot& s, const Instance& one) {
  const bool speaks = !one.mute || s.mistake == Mistake::kMuteIsSilent;
  return one.running() && speaks && one.heard_at != 0 &&
         silent_for_ms(s, one) >= s.limits.silence_ms;
}

void decide_running(const Snapshot& s, const Instance& one, bool may_kill,
                    std::vector<Action>& out) {
  const uint64_t silent_ms = silent_for_ms(s, one);
  if (is_silent(s, one) && !one.silent) {
    out.push_back(
        {Kind::kCallSilent, one.id, "no heartbeat for " + std::to_string(silent_ms) + " ms"});
  }
  const bool mute = one.mute && s.mistake != Mistake::kMuteIsSilent;
  if (one.dying || !may_kill || mute) return;  // load balancers judge the mute ones
  if (one.scaled.leaving.on || one.scaled.standby) return;
  if (one.scaled.on &&
      (s.suspended.contains("ReplaceUnhealthy") || s.suspended.contains("HealthCheck"))) {
    return;
  }
  // A stopped instance of an Auto Scaling group is unhealthy and is replaced, whatever stopped it.
  if (one.stopped && !one.scaled.on) return;
  const bool heard = one.heard_at != 0;
  const uint64_t limit_ms = heard ? s.limits.replace_hung_after_ms : s.limits.first_word_ms;
  if (silent_ms < limit_ms) return;
  out.push_back({Kind::kKill, one.id,
                 heard ? "hung: no heartbeat for " + std::to_string(silent_ms) + " ms"
                       : "hung: said no word in " + std::to_string(silent_ms) + " ms"});
}

void decide_dead(const Snapshot& s, const Instance& one, bool zone_down, std::vector<Action>& out) {
  // Auto Scaling itself gives up the instances of a lost zone and those that leave (capacity.h).
  if (one.scaled.leaving.on || (one.scaled.on && zone_down)) return;
  if (s.paused.contains(one.tier)) return;
  if (one.scaled.on && one.launch > 0 &&
      (s.suspended.contains("ReplaceUnhealthy") || s.suspended.contains("Launch"))) {
    return;
  }
  if (one.state == InstanceState::kHeld) {
    if (!zone_down) out.push_back({Kind::kRelease, one.id, one.zone + " is up again"});
    return;
  }
  if (zone_down) {
    out.push_back({Kind::kHold, one.id, one.zone + " is held down"});
    return;
  }
  if (s.now < one.next_start_at) return;
  out.push_back({Kind::kStart, one.id,
                 one.launch == 0 ? "planned" : "replaces launch " + std::to_string(one.launch)});
}

// Kills instances that the load balancers find unhealthy although they report to the orchestrator.
// When most of the group is unhealthy, the check itself may be wrong, so only one at a time is
// killed; otherwise a tenth of the group, and at least one.
void decide_unhealthy(const Snapshot& s, std::vector<Action>& out) {
  if (s.suspended.contains("ReplaceUnhealthy") || s.suspended.contains("HealthCheck")) return;
  int64_t all = 0, condemned = 0, on_the_way = 0;
  std::vector<const Instance*> due;
  for (const auto& [id, one] : s.instances) {
    if (!one.scaled.on || one.scaled.leaving.on || one.scaled.standby) continue;
    ++all;
    if (one.dying || !one.running() || one.scaled.in_service_at == 0) ++on_the_way;
    if (one.scaled.unhealthy_since == 0) continue;
    ++condemned;
    if (one.dying || !one.running() || one.scaled.in_service_at == 0) continue;
    const Nanos for_ns = s.now - one.scaled.unhealthy_since;
    const Nanos age = s.now - one.scaled.in_service_at;
    if (for_ns >= s.limits.replace_unhealthy_after_ms * kMillisecond &&
        age >= s.limits.grace_ms * kMillisecond) {
      due.push_back(&one);
    }
  }
  int64_t quota = condemned * 2 > all ? 1 : std::max<int64_t>(1, all / 10);
  quota -= on_the_way;
  for (const Instance* one : due) {
    if (quota-- <= 0) return;
    out.push_back({Kind::kKill, one->id,
                   "out of service in response to an ELB system health check failure: " +
                       one->scaled.unhealthy});
  }
}

}  // namespace

bool suspect_ourselves(const Snapshot& s) {
  size_t running = 0, silent = 0;
  for (const auto& [id, one] : s.instances) {
    if (!one.running() || one.stopped || one.mute) continue;
    ++running;
    if (is_silent(s, one)) ++silent;
  }
  return silent > 1 && silent * 2 > running;
}

std::vector<Action> decide(const Snapshot& snapshot) {
  std::vector<Action> out;
  const bool heard_out =
      snapshot.suspected_at == 0 ||
      snapshot.now - snapshot.suspected_at >= snapshot.limits.silence_ms * kMillisecond ||
      snapshot.mistake == Mistake::kKillsAtReunion;
  const bool may_kill =
      snapshot.mistake == Mistake::kTrustsItself || (!suspect_ourselves(snapshot) && heard_out);
  for (const auto& [id, one] : snapshot.instances) {
    if (one.running())
      decide_running(snapshot, one, may_kill, out);
    else
      decide_dead(snapshot, one, snapshot.zones_down.contains(one.zone), out);
  }
  if (may_kill) decide_unhealthy(snapshot, out);
  return out;
}

}  // namespace multiaz::orchestrator
