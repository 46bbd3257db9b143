#include "chaos/run/run.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/rt/joined.h"
#include "base/rt/loop.h"
#include "base/rt/nursery.h"
#include "base/rt/sync.h"
#include "chaos/checkers/stop_conditions.h"
#include "chaos/faults/fault.h"
#include "chaos/faults/guardian.h"
#include "chaos/final_reading.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/plan/skipped.h"
#include "chaos/run/endings.h"
#include "chaos/run/run_folder.h"
#include "chaos/run/standstills.h"
#include "chaos/run/steady.h"
#include "chaos/run/triggers.h"
#include "chaos/run/warmth.h"
#include "chaos/workloads/start.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kHealthyMsMax = 30'000;
constexpr uint64_t kHealthPollMs = 20;
constexpr uint64_t kStopPollMs = 200, kStrikePollMs = 5;
constexpr uint64_t kFirstMsMax = 10'000;  // for the fault that another one names
constexpr int kHealthyInARow = 4;  // a fault that was just placed may not have been noticed yet
constexpr uint64_t kPatienceMs = 40'000;

uint64_t planned_ms(const Scenario& scenario) {
  uint64_t last_ms = 0;
  for (const FaultSpec& spec : scenario.faults) {
    last_ms = std::max(last_ms, spec.when.at_ms + spec.for_ms);
  }
  return last_ms;
}

// The life of one run. A class, because every step needs what the others made.
class Run {
 public:
  Run(Scenario scenario, RunOptions options) : options_(std::move(options)) {
    record_.scenario = std::move(scenario);
    record_.mode = options_.control ? "control" : "run";
    record_.cluster = options_.cluster;
    record_.control = options_.beside;
  }

  rt::Task<Result<RunResult>> go();
  // Ends the run, once, however far it came: the guardian, and a cluster of its own.
  rt::Task<void> leave();
  void interrupt() {
    record_.interrupted = true;
    faults_stop_.request();
  }

 private:
  rt::Task<Result<RunResult>> play();
  rt::Task<Status> put_to_the_test();
  rt::Task<Status> start();
  rt::Task<bool> whole(uint64_t within_ms);
  void open();
  rt::Task<Nanos> due_after(const FaultSpec& spec, Nanos due);
  rt::Task<void> strike(size_t number);
  rt::Task<void> strike_all();
  rt::Task<void> watch_stop_conditions(rt::Stop& over);
  rt::Task<Status> lay_out_template();
  rt::Task<void> close();
  rt::Task<void> end();
  void tell(const std::string& text) const;

  RunOptions options_;
  std::string topology_file_;
  RunRecord record_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Guardian> guardian_;
  std::unique_ptr<Shoppers> shoppers_;
  std::unique_ptr<Events> events_;
  Recorder recorder_;
  rt::Nursery load_, watch_;
  rt::Stop faults_stop_;
  bool left_ = false;
};

void Run::tell(const std::string& text) const {
  if (options_.quiet) return;
  const double at = static_cast<double>(monotonic_now() - record_.began) / kSecond;
  std::fprintf(stderr, "%6.2fs  %s\n", at, text.c_str());
}

rt::Task<Status> Run::start() {
  if (!options_.cluster.empty()) {
    auto attached = co_await Cluster::attach(options_.cluster);
    if (!attached) co_return attached.error();
    cluster_ = std::move(*attached);
    co_return Status();
  }
  UpOptions up;
  up.name = "chaos-" + std::to_string(getpid());
  up.bug = options_.bug;
  up.engines.cache = options_.cache_engine;
  up.engines.db = options_.db_engine;
  up.profile = "";
  if (!record_.scenario.topology.empty()) {
    topology_file_ = "/tmp/multiaz-topology-" + std::to_string(getpid()) + ".toml";
    std::ofstream out(topology_file_);
    out << record_.scenario.topology;
    up.file = topology_file_;
  }
  auto started = co_await Cluster::up(up);
  if (!topology_file_.empty()) ::unlink(topology_file_.c_str());
  if (!started) co_return started.error();
  cluster_ = std::move(*started);
  co_return Status();
}

rt::Task<bool> Run::whole(uint64_t within_ms) {
  const Nanos limit = monotonic_now() + within_ms * kMillisecond;
  for (int in_a_row = 0; monotonic_now() < limit;) {
    const Health health = co_await cluster_->health();
    in_a_row = health.healthy ? in_a_row + 1 : 0;
    if (in_a_row >= kHealthyInARow) co_return true;
    if (!health.healthy) record_.problem = health.reasons;
    co_await rt::sleep_ms(kHealthPollMs);
  }
  co_return false;
}

// Of those scenarios that strike while the control plane is away.
std::vector<std::string> targets_of_all(const Scenario& scenario) {
  std::vector<std::string> out;
  bool away = false;
  for (const FaultSpec& fault : scenario.faults) {
    away = away || fault.kind.starts_with("orchestrator_");
    if (!fault.target.empty() && !fault.target.starts_with("fault:")) out.push_back(fault.target);
  }
  if (!away) out.clear();
  return out;
}

void Run::open() {
  Workload& load = record_.scenario.workload;
  for (const auto& [path, ms] : options_.outage_ms_max) {
    record_.scenario.bounds.outage_ms_max[path] = ms;
  }
  record_.load_planned = load.shoppers + load.arrivals_per_s;
  if (options_.shoppers) load.shoppers = *options_.shoppers;
  if (!record_.roster.shop()) load.shoppers = load.arrivals_per_s = load.named_visitors = 0;
  if (!options_.cluster.empty()) load.tag = monotonic_now() / kMillisecond;
  ShopperConfig config = shopper_config(*cluster_, load, record_.scenario.seed);
  if (!options_.cluster.empty()) config.tag = "r" + std::to_string(load.tag) + "-";
  if (load.shoppers + load.arrivals_per_s == 0) config.canaries_per_path = 0;
  shoppers_ = std::make_unique<Shoppers>(config);
  shoppers_->open_shop(load_);
  load_.spawn("targets", cluster_->keep_known(targets_of_all(record_.scenario), load_.stopping()));
  load_.spawn("standstills", watch_standstills(record_.standstills, load_.stopping()));
  load_.spawn("warmth", watch_cache_reads(*cluster_, record_.cache_reads, load_.stopping()));
  start_probes(load_, *cluster_, load, config.seed, recorder_);
}

// "fault:NAME" is who that fault has hit: known when it has struck. On a slow machine that is late,
// and what follows keeps its distance.
rt::Task<Nanos> Run::due_after(const FaultSpec& spec, Nanos due) {
  for (const FaultRecord& first : record_.faults) {
    if (spec.target != "fault:" + first.spec.name) continue;
    const Nanos limit = due + kFirstMsMax * kMillisecond;
    while (first.applied == 0 && monotonic_now() < limit && !faults_stop_.requested()) {
      (void)co_await rt::sleep_ms(kStrikePollMs, faults_stop_);
    }
    const uint64_t apart_ms = spec.when.at_ms - std::min(spec.when.at_ms, first.spec.when.at_ms);
    co_return std::max(due, first.applied + apart_ms * kMillisecond);
  }
  co_return due;
}

rt::Task<void> Run::strike(size_t number) {
  FaultRecord& fault = record_.faults[number];
  const Trigger& when = fault.spec.when;
  const Nanos due = co_await due_after(fault.spec, record_.load_from + when.at_ms * kMillisecond);
  const Nanos now = monotonic_now();
  if (due > now) (void)co_await rt::sleep_ms((due - now) / kMillisecond + 1, faults_stop_);
  bool came = true;
  if (!when.event.empty()) {
    came = co_await events_->wait_for(when, record_.load_from, faults_stop_);
  }
  if (!came || faults_stop_.requested()) {
    fault.proof = "its time did not come";
    co_return;
  }
  FaultContext context = {*cluster_, *guardian_, faults_stop_, record_.faults};
  co_await run_fault(context, fault);
  tell(fault.spec.kind + " " + fault.spec.target + (fault.bit ? ": " : " DID NOT BITE: ") +
       fault.proof);
}

rt::Task<void> strike_until(rt::Nursery& faults, rt::Stop& stop, uint64_t within_ms, bool& late) {
  const Nanos limit = monotonic_now() + within_ms * kMillisecond;
  while (faults.size() > 1 && !stop.requested()) {
    if (monotonic_now() > limit) {
      late = true;
      stop.request();
    }
    co_await rt::sleep_ms(kHealthPollMs);
  }
}

rt::Task<void> Run::strike_all() {
  for (FaultSpec spec : record_.scenario.faults) {
    FaultRecord fault;
    if (options_.control) {
      spec.kind = "nothing";
      spec.when.point.clear();
      spec.when.event.clear();
      if (spec.for_ms == 0) spec.for_ms = kHealthPollMs;
    }
    fault.spec = std::move(spec);
    record_.faults.push_back(std::move(fault));
  }
  rt::Nursery faults;
  for (size_t i = 0; i < record_.faults.size(); ++i) faults.spawn("fault", strike(i));
  bool late = false;
  if (options_.deadline_ms == 0) options_.deadline_ms = kPatienceMs + planned_ms(record_.scenario);
  faults.spawn("deadline", strike_until(faults, faults_stop_, options_.deadline_ms, late));
  co_await faults.join();
  if (late) record_.problem = "a fault was not over before the deadline";
}

// Until `over`, or until one is met: then no fault begins any more, and those in force end.
rt::Task<void> Run::watch_stop_conditions(rt::Stop& over) {
  const std::vector<std::string>& names = record_.scenario.stop_when;
  while (!over.requested() && record_.stopped.empty()) {
    for (const std::string& name : names) {
      const Nanos now = monotonic_now();
      const auto seen = find_stop_condition(name)->met(shoppers_->timeline(), shoppers_->findings(),
                                                       record_.load_from, now);
      if (!seen || !record_.stopped.empty()) continue;
      const double after = static_cast<double>(now - record_.load_from) / kSecond;
      record_.stopped = name + " after " + std::to_string(after).substr(0, 5) + " s: " + *seen;
      tell("STOPPED by " + record_.stopped);
      faults_stop_.request();
    }
    (void)co_await rt::sleep_ms(kStopPollMs, over);
  }
}

rt::Task<void> Run::close() {
  std::string before = std::move(record_.problem);
  record_.whole_after = co_await whole(record_.scenario.workload.recover_ms_max);
  record_.whole_at = monotonic_now();
  if (record_.whole_after) record_.problem = std::move(before);
  tell(record_.whole_after ? "all is whole again" : "NOT whole again: " + record_.problem);
  co_await quiet_down(record_, *shoppers_, recorder_, faults_stop_);
  record_.load_until = monotonic_now();
  load_.stop();
  co_await load_.join();
  tell("the shop is closed; everything is read again");
  const Workload& load = record_.scenario.workload;
  co_await read_probes(*cluster_, load, recorder_);
  if (load.shoppers + load.arrivals_per_s > 0) {
    record_.reading = co_await read_everything(*shoppers_);
  }
  record_.stale_reads = shoppers_->findings();
  record_.requests = shoppers_->timeline().all();
  record_.history = recorder_.history();
  std::erase_if(record_.history, [](const Operation& one) {  // as in the file: they say nothing
    const bool reads = one.kind == Operation::Kind::kRead || one.kind == Operation::Kind::kReadSet;
    return reads && one.end != Operation::End::kOk;
  });
}

rt::Task<void> Run::end() {
  record_.members = co_await read_members(*cluster_, record_.roster);
  const int64_t initial = record_.stock.initial;
  const bool known = record_.stock.known;
  record_.stock = co_await read_stock(*cluster_);
  record_.stock.initial = initial;
  record_.stock.known = record_.stock.known && known;
  if (record_.scenario.workload.shoppers > 0) record_.shown = co_await read_shown(*cluster_);
  watch_.stop();
  co_await watch_.join();
  co_await events_->catch_up();
  record_.events = events_->all();
  record_.residue = co_await read_residue(*cluster_);
  record_.alarms = read_alarms(cluster_->run_dir(), record_.logs_read);
  copy_logs(cluster_->run_dir(), options_.folder);
  co_await leave();
  record_.clean = record_.residue.empty();
}

rt::Task<Status> Run::lay_out_template() {
  const auto resources = co_await fis_resources(*cluster_);
  const std::string name = record_.scenario.name;
  auto scenario =
      lay_out(options_.fis->experiment, resources, options_.fis->time_scale, record_.scenario.seed);
  if (!scenario) co_return scenario.error();
  scenario->name = name;
  scenario->origin = record_.scenario.origin;
  for (const std::string& one : skipped_of(*scenario)) tell("SKIPPED " + one);
  record_.scenario = std::move(*scenario);
  co_return Status();
}

rt::Task<void> Run::leave() {
  if (left_) co_return;
  left_ = true;
  guardian_.reset();
  if (!cluster_ || !options_.cluster.empty()) co_return;
  const Status down = co_await cluster_->down();
  if (!down) record_.residue.push_back(down.error().text());
}

// From a cluster that is whole to the end of the load.
rt::Task<Status> Run::put_to_the_test() {
  if (options_.fis) {
    const Status laid_out = co_await lay_out_template();
    if (!laid_out) co_return laid_out;
  }
  record_.problem.clear();
  auto roster = co_await cluster_->roster();
  if (roster) record_.roster = std::move(*roster);
  if (!roster) tell("who is planned is not known: " + roster.error().text());
  record_.stock = co_await read_stock(*cluster_);
  record_.stock.initial = record_.stock.left + record_.stock.ordered;
  open();
  co_await warm_up(record_, *shoppers_, recorder_, faults_stop_);
  record_.load_from = monotonic_now();
  rt::Nursery alarms;
  alarms.spawn("stop conditions", watch_stop_conditions(alarms.stopping()));
  co_await rt::joined(alarms, strike_all());
  co_await close();
  co_return Status();
}

rt::Task<Result<RunResult>> Run::play() {
  events_ = std::make_unique<Events>(*cluster_);
  watch_.spawn("events", events_->follow(watch_.stopping()));
  tell("the cluster serves at " + cluster_->shop_url());
  record_.healthy_before = co_await whole(kHealthyMsMax);
  if (record_.healthy_before) {
    const Status tested = co_await put_to_the_test();
    if (!tested) co_return tested.error();
  }
  co_await end();
  record_.ended = monotonic_now();
  RunResult out;
  out.judged = judge(record_);
  const Status written = write_run(options_.folder, record_, to_toml(record_.scenario));
  if (!written) co_return written.error();
  const Status judged = write_judged(options_.folder, record_, out.judged);
  if (!judged) co_return judged.error();
  if (exit_code(out.judged.verdict.worst()) == 0) {
    std::error_code ignored;
    std::filesystem::remove_all(options_.folder + "/logs", ignored);
  }
  out.record = std::move(record_);
  out.folder = options_.folder;
  co_return out;
}

rt::Task<Result<RunResult>> Run::go() {
  record_.began = monotonic_now();
  const Status started = co_await start();
  if (!started) co_return started.error();
  auto guardian = Guardian::start(*cluster_);
  Result<RunResult> out = guardian ? Error(Code::kInternal, "it did not begin") : guardian.error();
  if (guardian) {
    guardian_ = std::move(*guardian);
    out = co_await rt::joined(watch_, rt::joined(load_, play()));
  }
  co_await leave();
  co_return out;
}

}  // namespace

std::string usual_folder(const Scenario& scenario) {
  return "multiaz-runs/" + scenario.name + "-" + std::to_string(scenario.seed);
}

rt::Task<Result<RunResult>> run_scenario(Scenario scenario, RunOptions options) {
  if (options.folder.empty()) options.folder = usual_folder(scenario);
  Run run(std::move(scenario), std::move(options));
  const auto interrupt = [&run] { run.interrupt(); };
  const rt::SignalWatch on_int(SIGINT, interrupt);
  const rt::SignalWatch on_term(SIGTERM, interrupt);
  auto result = co_await run.go();
  co_return result;
}

}  // namespace multiaz::chaos
