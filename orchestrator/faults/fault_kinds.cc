#include "orchestrator/faults/fault_kinds.h"

#include <algorithm>
#include <iterator>

#include "base/core/inner_faults.h"

namespace multiaz::orchestrator {

namespace {

constexpr uint64_t kHourMs = 3'600'000;

FaultKind link(std::string_view name, std::string_view help) {
  FaultKind out;
  out.name = name;
  out.link = true;
  out.help = help;
  return out;
}

struct Amount {
  std::string_view unit;
  uint64_t min, max, normal;
};

FaultKind inside(std::string_view name, std::vector<std::string_view> tiers, Amount amount,
                 std::string_view help) {
  FaultKind out;
  out.name = name;
  out.tiers = std::move(tiers);
  out.amount = amount.unit;
  out.amount_min = amount.min;
  out.amount_max = amount.max;
  out.amount_default = amount.normal;
  out.help = help;
  return out;
}

FaultKind with_percent(FaultKind kind) {
  kind.percent = true;
  return kind;
}

FaultKind with_points(FaultKind kind, std::vector<std::string_view> points) {
  kind.points = std::move(points);
  return kind;
}

FaultKind ending(FaultKind kind) {
  kind.ends_process = true;
  return kind;
}

std::vector<FaultKind> make_kinds() {
  const std::vector<std::string_view> data = {"cache", "db"};
  const std::vector<std::string_view> web = {"web"}, dns = {"dns"};
  const std::vector<std::string_view> ours = {"lb", "web", "cache", "db", "dns"};
  const std::vector<std::string_view> pointed = {"cache", "db", "web"};
  const std::vector<std::string_view> points(std::begin(kInnerPoints), std::end(kInnerPoints));
  const Amount none = {"", 0, 0, 0};
  FaultKind bandwidth = link("bandwidth", "so many kbit/s, both ways");
  bandwidth.amount = "kbit/s";
  bandwidth.amount_min = 1;
  bandwidth.amount_max = 10'000'000;
  bandwidth.amount_default = 1'000;
  return {
      link("cut", "bytes are held, both ways: no FIN, no RST"),
      link("cut_one_way", "only what travels from a to b is held"),
      link("delay", "delay_ms and jitter_ms each way"),
      link("black_hole", "bytes vanish; connections that lost some are dead when it is over"),
      with_percent(link("reset", "what is sent resets its connection, with that chance")),
      bandwidth,
      inside("disk_slow", data, {"ms", 1, 60'000, 100}, "each write and sync takes longer"),
      inside("disk_error", data, none, "syncs fail with EIO"),
      inside("disk_full", data, none, "writes fail with ENOSPC"),
      ending(inside("torn_write", data, none, "half of the next write, then the power is gone")),
      ending(inside("power_loss", data, {"ms", 0, kHourMs, 200},
                    "later the process is gone, with what it has written since and not synced")),
      inside("bit_flip", data, {"per mille", 0, 1000, 500}, "one bit of the log's newest file"),
      with_points(
          inside("clock_jump", ours, {"ms", 1, 1000 * kHourMs, kHourMs}, "wall clock ahead"),
          {"", "back"}),
      with_points(inside("clock_drift", ours, {"ppm", 1, 1'000'000, 10'000}, "runs fast, or slow"),
                  {"", "slow"}),
      with_percent(inside("cpu_hog", ours, none, "so much of its event loop's time is burnt")),
      inside("memory_hog", ours, {"MiB", 1, 4096, 64}, "held on top"),
      inside("fd_exhaustion", ours, {"descriptors", 0, 100'000, 4}, "it may open so many more"),
      with_percent(inside("slow_requests", web, {"ms", 1, 60'000, 2'000}, "but health is good")),
      with_percent(inside("failing_requests", web, none, "500, but health is good")),
      inside("health_lie", web, none, "health says 503, all else is well"),
      inside("dns_outage", dns, none, "queries are not answered"),
      inside("dns_lie", dns, none, "names lead to an address where nobody is"),
      ending(with_points(inside("crash_at", pointed, {"time", 1, 1'000'000'000, 1},
                                "SIGKILL to itself at a named point"),
                         points)),
      ending(with_points(inside("stop_at", pointed, {"time", 1, 1'000'000'000, 1},
                                "SIGSTOP to itself at a named point"),
                         points)),
  };
}

std::string list_of(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word.empty() ? "none" : std::string(word);
  }
  return out;
}

}  // namespace

std::span<const FaultKind> fault_kinds() {
  static const std::vector<FaultKind> kKinds = make_kinds();
  return kKinds;
}

const FaultKind* find_fault_kind(std::string_view name) {
  for (const FaultKind& kind : fault_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::string fault_kind_names() {
  std::vector<std::string_view> names;
  for (const FaultKind& kind : fault_kinds()) names.push_back(kind.name);
  return list_of(names);
}

Result<FaultFigures> check_figures(const FaultKind& kind, FaultFigures figures) {
  const std::string name(kind.name);
  if (kind.amount.empty() && figures.amount != 0) {
    return Error(Code::kInvalid, name + " has no \"amount\"");
  }
  if (!kind.amount.empty()) {
    if (figures.amount == 0) figures.amount = kind.amount_default;
    if (figures.amount < kind.amount_min || figures.amount > kind.amount_max) {
      return Error(Code::kInvalid,
                   "\"amount\" of " + name + " goes from " + std::to_string(kind.amount_min) +
                       " to " + std::to_string(kind.amount_max) + " " + std::string(kind.amount));
    }
  }
  if (!kind.percent && figures.percent != 0) {
    return Error(Code::kInvalid, name + " has no \"percent\"");
  }
  if (figures.percent == 0) figures.percent = 100;
  if (figures.percent > 100) return Error(Code::kInvalid, "\"percent\" goes from 1 to 100");
  const auto known = std::find(kind.points.begin(), kind.points.end(), figures.point);
  if (kind.points.empty() && !figures.point.empty()) {
    return Error(Code::kInvalid, name + " has no \"point\"");
  }
  if (!kind.points.empty() && known == kind.points.end()) {
    return Error(Code::kInvalid, "\"point\" of " + name + " is one of " + list_of(kind.points) +
                                     ", not '" + figures.point + "'");
  }
  return figures;
}

}  // namespace multiaz::orchestrator
