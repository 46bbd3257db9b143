// Every kind of fault: one row each, and the one place where a kind is described. From it come the
// numbers that name a kind in the daemons, the checks of an order, the proof that it bites, the
// keys of a scenario, the help of the command line, its completion, the API's description and the
// table in docs/chaos.md. How to add one: CONTRIBUTING.md. Pure.
#pragma once

#include <cstddef>
#include <iterator>

#include "base/faults/kind.h"

namespace multiaz {

namespace fault_table {

constexpr uint64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kTimesMax = 1'000'000'000;
constexpr std::string_view kData = "cache db", kOurs = "lb web cache db dns", kWeb = "web",
                           kDns = "dns", kPointed = "cache db web";
constexpr auto kLink = FaultScope::kLink;
constexpr auto kIn = FaultScope::kProcess;
constexpr FaultNeed kNo = FaultNeed::kNo, kMay = FaultNeed::kMay;

constexpr FaultParameter number(std::string_view name, std::string_view unit, uint64_t min,
                                uint64_t max, uint64_t normal) {
  return {.name = name, .unit = unit, .min = min, .max = max, .normal = normal};
}
constexpr FaultParameter amount(std::string_view unit, uint64_t min, uint64_t max,
                                uint64_t normal) {
  return number("amount", unit, min, max, normal);
}
constexpr FaultParameter percent(uint64_t normal = 100) {
  return number("percent", "%", 1, 100, normal);
}
constexpr FaultParameter text(std::string_view name, std::string_view usual) {
  return {.name = name, .usual = usual, .is_text = true};
}
constexpr FaultParameter direction(std::string_view other) {
  return {.name = "point", .choices = other, .is_text = true};
}
constexpr FaultParameter kPoint{
    .name = "point", .choices = kFaultPoints, .is_text = true, .may_lack = false};

inline constexpr FaultKind kFaultKinds[] = {
    {.name = "kill",
     .help = "SIGKILL; the dead are replaced",
     .example = "kill db:primary",
     .end = FaultEnd::kGone,
     .proof = "the pid is gone",
     .lasts = kNo,
     .at_points = true},
    {.name = "stop",
     .help = "SIGSTOP, and SIGCONT at the end",
     .example = "stop cache:primary --for 3s",
     .proof = "state T",
     .at_points = true},
    {.name = "stop_duty",
     .help = "stopped and continued in turn: a gray failure",
     .example = "stop_duty cache:primary --set percent=60 --for 4s",
     .parameters = {number("period_ms", "ms", 10, kMinuteMs, 200), percent(50)},
     .proof = "state T in each turn"},
    {.name = "restart",
     .help = "SIGTERM, and started again",
     .example = "restart any:web",
     .end = FaultEnd::kGone,
     .proof = "the pid is gone",
     .lasts = kNo},
    {.name = "restart_storm",
     .help = "killed as soon as it is there again",
     .example = "restart_storm any:web --for 2s",
     .parameters = {number("period_ms", "ms", 10, kMinuteMs, 100)},
     .end = FaultEnd::kGone,
     .proof = "two pids or more are gone"},
    {.name = "zone_down",
     .help = "every process of the zone is killed, and none is started",
     .example = "zone_down az-b --for 3s",
     .end = FaultEnd::kGone,
     .proof = "the pids are gone"},
    {.name = "zone_cut",
     .help = "the links of the zone to all others are cut",
     .example = "zone_cut az-b --for 2s",
     .proof = "fabric_bytes_held"},
    {.name = "zone_slow",
     .help = "the links of the zone to all others are slow",
     .example = "zone_slow az-c --set delay_ms=20 --for 4s",
     .parameters = {number("delay_ms", "ms", 1, kMinuteMs, 20)},
     .proof = "fabric_bytes_delayed"},
    {.name = "zone_shift",
     .help = "no traffic into the zone, and nothing is launched there",
     .example = "zone_shift az-a --for 5s",
     .proof = "the order is accepted"},
    {.name = "isolate",
     .help = "cut off from the other members of its tier",
     .example = "isolate db:primary --for 2s",
     .proof = "fabric_bytes_held"},
    {.name = "failover",
     .help = "the role of the primary is handed over, in order",
     .example = "failover db",
     .proof = "the order is carried out",
     .lasts = kNo},
    {.name = "cut",
     .scope = kLink,
     .help = "bytes are held, both ways: no FIN, no RST",
     .example = "cut db-a1 db-b1 --for 5s",
     .proof = "fabric_bytes_held"},
    {.name = "cut_one_way",
     .scope = kLink,
     .help = "only what travels from A to B is held",
     .example = "cut_one_way db-a1 db-b1 --for 2s",
     .one_way = true,
     .proof = "fabric_bytes_held"},
    {.name = "delay",
     .scope = kLink,
     .help = "bytes take longer, each way",
     .example = "delay az-a az-b --set delay_ms=20 --for 5s",
     .effect = LinkEffect::kDelay,
     .parameters = {number("delay_ms", "ms", 0, kMinuteMs, 0),
                    number("jitter_ms", "ms", 0, kMinuteMs, 0)},
     .needs_one = true,
     .proof = "fabric_bytes_delayed"},
    {.name = "black_hole",
     .scope = kLink,
     .help = "bytes vanish; connections that lost some are dead when it is over",
     .example = "black_hole web-a1 cache:primary --for 3s",
     .effect = LinkEffect::kDrop,
     .proof = "fabric_bytes_dropped"},
    {.name = "reset",
     .scope = kLink,
     .help = "what is sent resets its connection, with that chance",
     .example = "reset any:web lb --set percent=20 --for 3s",
     .effect = LinkEffect::kReset,
     .parameters = {percent()},
     .proof = "fabric_resets"},
    {.name = "bandwidth",
     .scope = kLink,
     .help = "so many kbit/s, both ways",
     .example = "bandwidth az-a az-c --set amount=512 --for 5s",
     .effect = LinkEffect::kBandwidth,
     .parameters = {amount("kbit/s", 1, 10'000'000, 1'000)},
     .proof = "fabric_bytes_delayed"},
    {.name = "disk_slow",
     .scope = kIn,
     .help = "each write and sync takes longer",
     .example = "disk_slow db:primary --set amount=80 --for 5s",
     .tiers = kData,
     .parameters = {amount("ms", 1, kMinuteMs, 100)}},
    {.name = "disk_error",
     .scope = kIn,
     .help = "syncs fail with EIO",
     .example = "disk_error db:standby --for 2s",
     .tiers = kData,
     .end = FaultEnd::kPerhaps},
    {.name = "disk_full",
     .scope = kIn,
     .help = "writes fail with ENOSPC",
     .example = "disk_full db:primary --for 2s",
     .tiers = kData,
     .end = FaultEnd::kPerhaps},
    {.name = "torn_write",
     .scope = kIn,
     .help = "half of the next write, then the power is gone",
     .example = "torn_write db:primary --for 4s",
     .tiers = kData,
     .end = FaultEnd::kGone},
    {.name = "power_loss",
     .scope = kIn,
     .help = "later the process is gone, with what it has written since and not synced",
     .example = "power_loss db:primary --set amount=200 --for 4s",
     .tiers = kData,
     .parameters = {amount("ms", 0, kHourMs, 200)},
     .end = FaultEnd::kGone},
    {.name = "bit_flip",
     .scope = kIn,
     .help = "one bit of the log's newest file, so far into it",
     .example = "bit_flip db:standby --set amount=500 --for 2s",
     .tiers = kData,
     .parameters = {amount("per mille", 0, 1000, 500)}},
    {.name = "clock_jump",
     .scope = kIn,
     .help = "the wall clock is ahead, or back",
     .example = "clock_jump web-a1 --set point=back --for 5s",
     .tiers = kOurs,
     .parameters = {amount("ms", 1, 1000 * kHourMs, kHourMs), direction("back")}},
    {.name = "clock_drift",
     .scope = kIn,
     .help = "the clock runs fast, or slow",
     .example = "clock_drift cache:primary --set amount=10000 --for 5s",
     .tiers = kOurs,
     .parameters = {amount("ppm", 1, 1'000'000, 10'000), direction("slow")}},
    {.name = "cpu_hog",
     .scope = kIn,
     .help = "so much of its event loop's time is burnt",
     .example = "cpu_hog web-a1 --set percent=50 --for 5s",
     .tiers = kOurs,
     .parameters = {percent()}},
    {.name = "memory_hog",
     .scope = kIn,
     .help = "so much memory is held on top",
     .example = "memory_hog web-a1 --set amount=64 --for 5s",
     .tiers = kOurs,
     .parameters = {amount("MiB", 1, 4096, 64)}},
    {.name = "fd_exhaustion",
     .scope = kIn,
     .help = "it may open so many more descriptors",
     .example = "fd_exhaustion lb-a1 --set amount=4 --for 3s",
     .tiers = kOurs,
     .parameters = {amount("descriptors", 0, 100'000, 4)}},
    {.name = "slow_requests",
     .scope = kIn,
     .help = "percent of the requests take longer, but health is good",
     .example = "slow_requests web-a1 --set amount=700 --for 5s",
     .tiers = kWeb,
     .parameters = {amount("ms", 1, kMinuteMs, 2'000), percent()}},
    {.name = "failing_requests",
     .scope = kIn,
     .help = "percent of the requests end with 500, but health is good",
     .example = "failing_requests web-a1 --set percent=50 --for 5s",
     .tiers = kWeb,
     .parameters = {percent()}},
    {.name = "health_lie",
     .scope = kIn,
     .help = "health says 503, all else is well",
     .example = "health_lie web-a1 --for 4s",
     .tiers = kWeb},
    {.name = "dns_outage",
     .scope = kIn,
     .help = "queries are not answered",
     .example = "dns_outage dns-1 --for 3s",
     .tiers = kDns},
    {.name = "dns_lie",
     .scope = kIn,
     .help = "names lead to an address where nobody is",
     .example = "dns_lie dns-1 --for 3s",
     .tiers = kDns},
    {.name = "crash_at",
     .scope = kIn,
     .help = "SIGKILL to itself at a named point",
     .example = "crash_at db:primary --set point=after_commit --for 10s",
     .tiers = kPointed,
     .parameters = {amount("time", 1, kTimesMax, 1), kPoint},
     .end = FaultEnd::kGone},
    {.name = "stop_at",
     .scope = kIn,
     .help = "SIGSTOP to itself at a named point",
     .example = "stop_at db:primary --set point=promote --for 10s",
     .tiers = kPointed,
     .parameters = {amount("time", 1, kTimesMax, 1), kPoint},
     .end = FaultEnd::kStopped},
    {.name = "cache_flush",
     .help = "FLUSHALL",
     .example = "cache_flush",
     .proof = "keys were there",
     .target = kNo,
     .lasts = kNo},
    {.name = "sg_mistake",
     .help = "a rule of a security group is revoked",
     .example = "sg_mistake --set port=6379 --for 4s",
     .parameters = {number("port", "port", 1, 65'535, 6379), text("group", "sg-cache"),
                    text("source", "sg-web")},
     .proof = "the rule is gone",
     .target = kNo},
    {.name = "orchestrator_kill",
     .help = "SIGKILL of the control plane",
     .example = "orchestrator_kill",
     .proof = "the pid is gone",
     .target = kNo,
     .lasts = kNo},
    {.name = "orchestrator_stop",
     .help = "SIGSTOP of the control plane",
     .example = "orchestrator_stop --for 3s",
     .proof = "state T",
     .target = kNo},
    {.name = "asg_suspend",
     .help = "a process of Auto Scaling is suspended: Launch, ...",
     .example = "asg_suspend --set process=Launch --for 5s",
     .parameters = {text("process", "Launch")},
     .proof = "the group says so",
     .target = kNo},
    {.name = "nothing",
     .help = "the control run's fault: waits",
     .example = "nothing --for 2s",
     .proof = "nothing was done",
     .target = kNo,
     .lasts = kMay},
};

}  // namespace fault_table

using fault_table::kFaultKinds;

// A kind as a number: the place of its row. Written "disk_slow"_fault, which does not compile where
// the table has no such row.
enum class FaultId : uint8_t {};

constexpr const FaultKind* find_fault(std::string_view name) {  // null: there is no such kind
  for (const FaultKind& one : kFaultKinds) {
    if (one.name == name) return &one;
  }
  return nullptr;
}
constexpr FaultId id_of(const FaultKind& kind) {
  return static_cast<FaultId>(&kind - kFaultKinds);
}
constexpr const FaultKind& fault_kind(FaultId id) {
  return kFaultKinds[static_cast<size_t>(id)];
}
constexpr std::string_view to_string(FaultId id) {
  return fault_kind(id).name;
}
consteval FaultId operator""_fault(const char* name, size_t size) {
  return id_of(*find_fault(std::string_view(name, size)));
}

}  // namespace multiaz
