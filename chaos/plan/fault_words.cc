#include "chaos/plan/fault_words.h"

#include <utility>

namespace multiaz::chaos {

namespace {

FaultWord word(std::string_view kind, std::string_view help, Need duration) {
  FaultWord out;
  out.kind = kind;
  out.help = help;
  out.duration = duration;
  return out;
}

// Without a target of its own.
FaultWord global(std::string_view kind, std::string_view help, Need duration) {
  FaultWord out = word(kind, help, duration);
  out.target = Need::kNo;
  return out;
}

FaultWord link(std::string_view kind, std::string_view help, std::vector<std::string> figures) {
  FaultWord out = word(kind, help, Need::kYes);
  out.to = Need::kYes;
  out.figures = std::move(figures);
  return out;
}

FaultWord inner(std::string_view kind, std::string_view help, std::vector<std::string> figures,
                bool directed = false) {
  FaultWord out = word(kind, help, Need::kYes);
  out.figures = std::move(figures);
  if (directed) out.words = {"point"};
  return out;
}

FaultWord with(FaultWord out, std::vector<std::string> figures, std::vector<std::string> words) {
  out.figures = std::move(figures);
  out.words = std::move(words);
  return out;
}

FaultWord at_points(FaultWord out) {
  out.at_points = true;
  return out;
}

std::vector<FaultWord> make_words() {
  const Need no = Need::kNo, may = Need::kMay, yes = Need::kYes;
  return {
      at_points(word("kill", "SIGKILL; the dead are replaced", no)),
      at_points(word("stop", "SIGSTOP, and SIGCONT at the end", yes)),
      with(word("stop_duty", "stopped and continued in turn: a gray failure", yes),
           {"period_ms", "percent"}, {}),
      word("restart", "SIGTERM, and started again", no),
      with(word("restart_storm", "killed again and again", yes), {"period_ms"}, {}),
      word("zone_down", "every process of the zone is killed, and none started", yes),
      word("zone_cut", "the zone's links to everybody else are cut", yes),
      with(word("zone_slow", "the zone's links to everybody else are slow", yes), {"delay_ms"}, {}),
      word("zone_shift", "no traffic into the zone, nothing is launched there", yes),
      word("isolate", "cut off from the other members of its tier", yes),
      word("failover", "the primary's role is handed over, in order", no),
      link("cut", "bytes are held, both ways", {}),
      link("cut_one_way", "bytes from target to `to` are held", {}),
      link("delay", "bytes take longer, both ways", {"delay_ms", "jitter_ms"}),
      link("black_hole", "bytes vanish", {}),
      link("reset", "connections are reset, with the odds of percent", {"percent"}),
      link("bandwidth", "amount kbit/s", {"amount"}),
      inner("disk_slow", "writes and syncs take amount ms more", {"amount"}),
      inner("disk_error", "syncs fail with EIO", {}),
      inner("disk_full", "writes fail with ENOSPC", {}),
      inner("torn_write", "half a write, then the power is gone", {}),
      inner("power_loss", "gone after amount ms, with what was not synced", {"amount"}),
      inner("bit_flip", "one bit of the newest log file, amount per mille into it", {"amount"}),
      inner("clock_jump", "the wall clock is amount ms ahead (point = \"back\": behind)",
            {"amount"}, true),
      inner("clock_drift", "the clock is amount ppm fast (point = \"slow\": slow)", {"amount"},
            true),
      inner("cpu_hog", "percent of its time is burnt", {"percent"}),
      inner("memory_hog", "amount MiB more are held", {"amount"}),
      inner("fd_exhaustion", "amount more descriptors may be opened", {"amount"}),
      inner("slow_requests", "percent of the requests take amount ms more; health is good",
            {"amount", "percent"}),
      inner("failing_requests", "percent of the requests end with 500; health is good",
            {"percent"}),
      inner("health_lie", "health says 503, all else is well", {}),
      inner("dns_outage", "queries are not answered", {}),
      inner("dns_lie", "names lead nowhere", {}),
      global("cache_flush", "FLUSHALL", no),
      with(global("sg_mistake", "a security group's rule is revoked", yes), {"port"},
           {"group", "source"}),
      global("orchestrator_kill", "SIGKILL of the control plane", no),
      global("orchestrator_stop", "SIGSTOP of the control plane", yes),
      with(global("asg_suspend", "a process of Auto Scaling is suspended: Launch, ...", yes), {},
           {"process"}),
      global("nothing", "a control run's fault: waits", may),
  };
}

}  // namespace

std::span<const FaultWord> fault_words() {
  static const std::vector<FaultWord> kWords = make_words();
  return kWords;
}

const FaultWord* find_fault_word(std::string_view kind) {
  for (const FaultWord& one : fault_words()) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

std::string fault_word_names() {
  std::string out;
  for (const FaultWord& one : fault_words())
    out += (out.empty() ? "" : ", ") + std::string(one.kind);
  return out;
}

std::string fault_word_keys(const FaultWord& word) {
  std::string out = "kind, name, at_ms, when";
  if (word.target != Need::kNo) out += ", target";
  if (word.to != Need::kNo) out += ", to";
  if (word.duration != Need::kNo) out += ", for_ms";
  for (const std::string& one : word.figures) out += ", " + one;
  for (const std::string& one : word.words) out += ", " + one;
  return out;
}

}  // namespace multiaz::chaos
