#include "chaos/run/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "base/rt/sync.h"
#include "chaos/checkers/stop_conditions.h"
#include "chaos/experiment/books.h"
#include "chaos/experiment/round.h"
#include "chaos/experiment/steady.h"
#include "chaos/experiment/watchers.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/run/run_folder.h"
#include "chaos/workloads/start.h"

namespace multiaz::chaos {

namespace {

constexpr uint64_t kStopPollMs = 200;

// The targets of a scenario whose faults are injected while the control plane is away.
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

// The resources of a running cluster that the targets of a FIS template can mean.
rt::Task<std::vector<FisResource>> fis_resources(Cluster& cluster) {
  std::vector<FisResource> out;
  const auto instances = co_await cluster.instances();
  std::set<std::string> zones;
  for (const Instance& one : instances ? *instances : std::vector<Instance>()) {
    out.push_back({one.id, one.tier, one.zone, one.role});
    if (one.zone.starts_with("az-")) zones.insert(one.zone);
  }
  for (const std::string& zone : zones) out.push_back({zone, "zone", zone, ""});
  out.push_back({"web", "asg", "", ""});
  co_return out;
}

// The load of shoppers, and of probes that use cache and database directly.
struct Visitors : Load {
  const RunRecord& record;
  std::unique_ptr<Shoppers> shoppers;
  Recorder recorder;

  explicit Visitors(const RunRecord& of) : record(of) {}
  rt::Task<void> settle(rt::Stop& stop) override {
    return warm_up(record, *shoppers, recorder, stop);
  }
  rt::Task<void> see_enough(rt::Stop& stop) override {
    return quiet_down(record, *shoppers, recorder, stop);
  }
};

// One scenario, alone. It is a class, because every step needs the results of the others.
class Run {
 public:
  Run(Scenario scenario, RunOptions options, Testbed& testbed)
      : options_(std::move(options)), testbed_(testbed), visitors_(record_) {
    record_.scenario = std::move(scenario);
    record_.mode = options_.control ? "control" : "run";
    record_.cluster = options_.cluster;
    record_.control = options_.beside;
    record_.began = monotonic_now();
  }

  rt::Task<Status> play();
  Result<RunResult> judged();
  RunRecord& record() { return record_; }

 private:
  rt::Task<void> put_to_the_test(RoundPlan plan);
  void open();
  rt::Task<void> watch_stop_conditions(rt::Stop& over);
  rt::Task<Status> lay_out_template();
  rt::Task<void> close();
  void tell(const std::string& text) const;

  RunOptions options_;
  Testbed& testbed_;
  RunRecord record_;
  Visitors visitors_;
  rt::Nursery load_;
};

void Run::tell(const std::string& text) const {
  if (options_.quiet) return;
  const double at = static_cast<double>(monotonic_now() - record_.began) / kSecond;
  say(stderr, fmt::format("{:6.2f}s  {}", at, text));
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
  Cluster& cluster = testbed_.cluster();
  ShopperConfig config = shopper_config(cluster, load, record_.scenario.seed);
  if (!options_.cluster.empty()) config.tag = "r" + std::to_string(load.tag) + "-";
  if (load.shoppers + load.arrivals_per_s == 0) config.canaries_per_path = 0;
  visitors_.shoppers = std::make_unique<Shoppers>(config);
  visitors_.shoppers->open_shop(load_);
  load_.spawn("targets", cluster.keep_known(targets_of_all(record_.scenario), load_.stopping()));
  load_.spawn("standstills", watch_standstills(record_.standstills, load_.stopping()));
  load_.spawn("warmth", watch_cache_reads(cluster, record_.cache_reads, load_.stopping()));
  start_probes(load_, cluster, load, config.seed, visitors_.recorder);
}

// Checks until `over`, or until a condition is met: then no further fault begins, and those in
// force end.
rt::Task<void> Run::watch_stop_conditions(rt::Stop& over) {
  while (!over.requested() && record_.stopped.empty()) {
    for (const std::string& name : record_.scenario.stop_when) {
      const Nanos now = monotonic_now();
      const Shoppers& shoppers = *visitors_.shoppers;
      if (record_.load_from == 0 || !record_.stopped.empty()) continue;
      const auto seen = find_stop_condition(name)->met(shoppers.timeline(), shoppers.findings(),
                                                       record_.load_from, now);
      if (!seen) continue;
      const double after = static_cast<double>(now - record_.load_from) / kSecond;
      record_.stopped = name + " after " + std::to_string(after).substr(0, 5) + " s: " + *seen;
      tell("STOPPED by " + record_.stopped);
      testbed_.stop().request();
    }
    (void)co_await rt::sleep_ms(kStopPollMs, over);
  }
}

rt::Task<void> Run::close() {
  tell("the shop is closed; everything is read again");
  co_await read_probes(testbed_.cluster(), record_.scenario.workload, visitors_.recorder);
  co_await read_books(testbed_.cluster(), *visitors_.shoppers, record_);
  record_.history = visitors_.recorder.history();
  std::erase_if(record_.history, [](const Operation& one) {  // as in the file: they prove nothing
    const bool reads = one.kind == Operation::Kind::kRead || one.kind == Operation::Kind::kReadSet;
    return reads && one.end != Operation::End::kOk;
  });
}

rt::Task<Status> Run::lay_out_template() {
  const auto resources = co_await fis_resources(testbed_.cluster());
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

// Runs from a healthy cluster to the end of the load.
rt::Task<void> Run::put_to_the_test(RoundPlan plan) {
  co_await open_books(testbed_.cluster(), record_);
  open();
  plan.scenario = record_.scenario;
  rt::Nursery alarms;
  alarms.spawn("stop conditions", watch_stop_conditions(alarms.stopping()));
  co_await rt::joined(alarms, rt::joined(load_, play_round(testbed_, plan, visitors_, record_)));
  co_await close();
}

rt::Task<Status> Run::play() {
  tell("the cluster serves at " + testbed_.cluster().facts().shop_url);
  RoundPlan plan;
  plan.control = options_.control;
  plan.deadline_ms = options_.deadline_ms;
  plan.tell = [this](const std::string& text) { tell(text); };
  plan.scenario = record_.scenario;
  record_.healthy_before = co_await make_ready(testbed_, plan, record_);
  if (record_.healthy_before) {
    if (options_.fis) {
      const Status laid_out = co_await lay_out_template();
      if (!laid_out) co_return laid_out;
    }
    co_await put_to_the_test(std::move(plan));
  }
  co_await close_books(testbed_.cluster(), testbed_.events(), record_);
  copy_logs(testbed_.cluster().facts().run_dir, options_.folder);
  record_.interrupted = testbed_.interrupted();
  co_return Status();
}

Result<RunResult> Run::judged() {
  record_.ended = monotonic_now();
  record_.clean = record_.residue.empty();
  RunResult out;
  out.judged = judge(record_);
  const Status written = write_run(options_.folder, record_, to_toml(record_.scenario));
  if (!written) return written.error();
  const Status judged = write_judged(options_.folder, record_, out.judged);
  if (!judged) return judged.error();
  if (exit_code(out.judged.verdict.worst()) == 0) {
    std::error_code ignored;
    std::filesystem::remove_all(options_.folder + "/logs", ignored);
  }
  out.record = std::move(record_);
  out.folder = options_.folder;
  return out;
}

TestbedOptions testbed_for(const Scenario& scenario, const RunOptions& options) {
  TestbedOptions out;
  out.attach = !options.cluster.empty();
  out.up.name = out.attach ? options.cluster : "chaos-" + std::to_string(getpid());
  out.up.bug = options.bug;
  out.up.engines = options.engines;
  out.up.profile = "";
  out.topology = scenario.topology;
  return out;
}

}  // namespace

std::string usual_folder(const Scenario& scenario) {
  return "multiaz-runs/" + scenario.name + "-" + std::to_string(scenario.seed);
}

rt::Task<Result<RunResult>> run_scenario(Scenario scenario, RunOptions options) {
  if (options.folder.empty()) options.folder = usual_folder(scenario);
  Testbed testbed;
  Run run(std::move(scenario), options, testbed);
  const Status begun = co_await testbed.begin(testbed_for(run.record().scenario, options));
  if (!begun) co_return begun.error();
  const Status played = co_await testbed.during(run.play());
  const Status left = co_await testbed.leave();
  if (!played) co_return played.error();
  if (!left) run.record().residue.push_back(left.error().text());
  co_return run.judged();
}

}  // namespace multiaz::chaos
