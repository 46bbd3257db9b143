// `multiaz doctor`: whether this machine is fit, and whether dead clusters have left anything.
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "base/core/clock.h"
#include "base/core/jsonio.h"
#include "cli/addresses.h"
#include "cli/end.h"
#include "cli/orchestrator_state.h"
#include "cli/proc.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

constexpr uint64_t kOrphanLookAgainMs = 1000;
constexpr uint64_t kFilesMin = 1024;
constexpr uint64_t kDiskMinMb = 256;
constexpr uint64_t kMemoryMinMb = 512;
constexpr uint64_t kMebibyte = 1 << 20;
constexpr size_t kCommandShown = 60;

enum class Level { kGood, kWarning, kBad };

struct Finding {
  std::string check;
  Level level = Level::kGood;
  std::string text;
  std::string advice;
};
using Findings = std::vector<Finding>;

void check_programs(Findings& out) {
  std::string missing;
  for (const char* name :
       {"supervisor", "orchestrator", "lb", "dns", "awsapi", "webnode", "cachenode", "dbnode"}) {
    if (access((bin_folder() + "/" + name).c_str(), X_OK) != 0) missing += std::string(" ") + name;
  }
  if (missing.empty())
    out.push_back({"programs", Level::kGood, "all in " + bin_folder(), ""});
  else
    out.push_back({"programs", Level::kBad, "missing in " + bin_folder() + ":" + missing,
                   "build them: ./multiaz build"});
}

void check_ports(Findings& out) {
  const std::vector<EndpointPort> ports = {{1, 8080}, {1, 8443}, {2, 7070}, {2, 7071},
                                           {5, 5432}, {6, 6379}, {7, 6379}, {8, 5432}};
  const auto octet = find_free_octet(ports, kOctetMin - 1);
  if (octet) {
    out.push_back({"addresses", Level::kGood,
                   "the next cluster can have 127." + std::to_string(*octet) + ".0.0/16", ""});
  } else {
    out.push_back({"addresses", Level::kBad, octet.error().detail, "free the port"});
  }
  const auto taken = why_taken(rt::make_address(0x7f000001, 8080));
  if (!taken)
    out.push_back({"shop port", Level::kGood, "127.0.0.1:8080 is free", ""});
  else
    out.push_back(
        {"shop port", Level::kWarning, *taken, "the shop will be at http://127.C.0.1:8080 only"});
}

void check_limits(Findings& out) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const std::string text = "ulimit -n is " + std::to_string(files.rlim_cur);
  if (files.rlim_cur >= kFilesMin)
    out.push_back({"open files", Level::kGood, text, ""});
  else
    out.push_back({"open files", Level::kBad, text,
                   "ulimit -n " + std::to_string(kFilesMin) + " (or more) in your shell"});
}

void check_disk(Findings& out) {
  std::string path = runs_folder();
  while (access(path.c_str(), F_OK) != 0 && path.size() > 1) {
    path = path.substr(0, std::max<size_t>(path.rfind('/'), 1));
  }
  const Status own = check_runs_folder();
  if (!own && own.error().code != Code::kNotFound) {
    out.push_back({"run folder", Level::kBad, own.error().detail, "set MULTIAZ_RUN"});
    return;
  }
  struct statvfs space {};
  if (statvfs(path.c_str(), &space) != 0 || access(path.c_str(), W_OK) != 0) {
    out.push_back({"run folder", Level::kBad, path + " cannot be written", "set MULTIAZ_RUN"});
    return;
  }
  const uint64_t free_mb = space.f_bavail * space.f_frsize / kMebibyte;
  const std::string text = std::to_string(free_mb) + " MB free for " + runs_folder();
  if (free_mb >= kDiskMinMb)
    out.push_back({"run folder", Level::kGood, text, ""});
  else
    out.push_back({"run folder", Level::kBad, text, "free some space or set MULTIAZ_RUN"});
}

void check_memory(Findings& out) {
  std::ifstream file("/proc/meminfo");
  uint64_t kib = 0;
  for (std::string line; std::getline(file, line);) {
    if (std::sscanf(line.c_str(), "MemAvailable: %lu kB", &kib) == 1) break;
  }
  const std::string text = std::to_string(kib / 1024) + " MB available";
  const bool enough = kib / 1024 >= kMemoryMinMb;
  out.push_back({"memory", enough ? Level::kGood : Level::kWarning, text,
                 enough ? "" : "a cluster takes about 100 MB, the shoppers some more"});
}

// Events carry the wall clock, and silence is measured with this machine's timers: a late timer
// looks like a dead process.
void check_clock(Findings& out) {
  constexpr int kNaps = 20;
  constexpr uint64_t kNapMs = 5, kLateMsMax = 100;
  uint64_t late_ms = 0;
  for (int i = 0; i < kNaps; ++i) {
    const Nanos before = monotonic_now();
    std::this_thread::sleep_for(std::chrono::milliseconds(kNapMs));
    late_ms = std::max(late_ms, (monotonic_now() - before) / kMillisecond - kNapMs);
  }
  const std::string timers = "timers up to " + std::to_string(late_ms) + " ms late";
  out.push_back({"timers", late_ms <= kLateMsMax ? Level::kGood : Level::kWarning, timers,
                 late_ms <= kLateMsMax ? ""
                                       : "this machine is busy: healthy processes will look "
                                         "silent; use --profile aws"});
  timex state{};
  const bool synchronised = adjtimex(&state) != TIME_ERROR;
  constexpr int64_t kYear2024Ms = 1'704'067'200'000;
  const bool plausible = wall_now_ms() > kYear2024Ms;
  const std::string text = !plausible      ? "the wall clock is before 2024"
                           : !synchronised ? "the wall clock is not synchronised"
                                           : "the wall clock is synchronised";
  out.push_back({"clock", plausible ? Level::kGood : Level::kWarning, text,
                 plausible ? "" : "set it: dates in pages and events will be wrong"});
}

// Reports every cluster whose orchestrator has ever ended; it is a problem while that repeats.
void check_orchestrator(Findings& out, const ClusterFolder& folder) {
  const auto state = orchestrator_state(folder);
  const std::string words = state ? words_on(*state, folder.name) : "";
  if (words.empty()) return;
  const bool down = state->fails();
  out.push_back({"orchestrator " + folder.name, down ? Level::kBad : Level::kWarning, words,
                 down ? "multiaz logs orchestrator --name " + folder.name : ""});
}

void check_clusters(Findings& out, bool fix, const std::string& only) {
  bool found = false;
  for (const std::string& name : folder_names()) {
    if (!only.empty() && name != only) continue;
    found = true;
    const std::string path = runs_folder() + "/" + name;
    auto folder = load_folder(name);
    if (folder && is_running(*folder)) {
      out.push_back({"cluster " + name, Level::kGood,
                     "runs, supervisor " + std::to_string(folder->supervisor), ""});
      check_orchestrator(out, *folder);
      continue;
    }
    if (folder && folder->keep && processes_of(path).empty()) {
      out.push_back({"cluster " + name, Level::kGood, "is down, its data is kept in " + path, ""});
      continue;
    }
    const auto processes = processes_of(path);
    Finding finding{"leftover " + name, Level::kBad,
                    path + " of a dead cluster, " + std::to_string(processes.size()) + " processes",
                    "multiaz doctor --fix"};
    if (fix) {
      for (const pid_t pid : processes) kill(pid, SIGKILL);
      remove_folder(path);
      finding.level = Level::kGood;
      finding.text = "removed " + finding.text;
      finding.advice.clear();
    }
    out.push_back(finding);
  }
  if (!found && !only.empty())
    out.push_back(
        {"cluster " + only, Level::kBad, "there is no cluster of that name", "multiaz up"});
  else if (!found)
    out.push_back({"clusters", Level::kGood, "none, and no leftovers", ""});
}

using Owner = std::pair<pid_t, std::string>;

std::set<Owner> listeners_without_supervisor() {
  std::set<Owner> out;
  for (const Listener& one : listeners_of_clusters()) {
    if (!has_supervisor(one.pid)) out.emplace(one.pid, one.address);
  }
  return out;
}

// Finds processes that listen at an address of a cluster (127.20.0.0 upwards) and belong to no
// running one: leftovers of a killed cluster, or other programs in the way of the next one.
// Processes of a cluster that is just ending are gone at the second look.
void check_orphans(Findings& out) {
  const std::set<Owner> before = listeners_without_supervisor();
  if (before.empty()) return;
  std::this_thread::sleep_for(std::chrono::milliseconds(kOrphanLookAgainMs));
  for (const Listener& one : listeners_of_clusters()) {
    if (has_supervisor(one.pid) || !before.contains({one.pid, one.address})) continue;
    const auto facts = look_at(one.pid);
    const std::string who = "pid " + std::to_string(one.pid) + " (" +
                            (facts ? facts->command.substr(0, kCommandShown) : "?") + ")";
    out.push_back({"orphan", Level::kBad,
                   who + " listens at " + one.address + " and belongs to no cluster that runs",
                   "kill " + std::to_string(one.pid)});
  }
}

const char* word(Level level) {
  return level == Level::kGood ? "ok" : level == Level::kWarning ? "warning" : "bad";
}

void print_for_people(const Findings& findings) {
  Table table({"CHECK", "", "FOUND", "WHAT TO DO"});
  for (const Finding& one : findings) {
    const Colour colour = one.level == Level::kGood      ? Colour::kGreen
                          : one.level == Level::kWarning ? Colour::kYellow
                                                         : Colour::kRed;
    table.add({one.check, coloured(colour, word(one.level)), one.text, one.advice});
  }
  print(table.text());
}

}  // namespace

rt::Task<int> verb_doctor(Options options) {
  Findings findings;
  check_programs(findings);
  check_ports(findings);
  check_limits(findings);
  check_disk(findings);
  check_memory(findings);
  check_clock(findings);
  check_clusters(findings, options.fix, options.name);
  check_orphans(findings);
  bool bad = false;
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const Finding& one : findings) {
    bad = bad || one.level == Level::kBad;
    nlohmann::ordered_json item;
    item["check"] = one.check;
    item["level"] = word(one.level);
    item["text"] = one.text;
    item["advice"] = one.advice;
    out.push_back(std::move(item));
  }
  if (options.json)
    print(jsonio::dump(out) + "\n");
  else
    print_for_people(findings);
  co_return bad ? kExitUnhealthy : kExitOk;
}

}  // namespace multiaz::cli
