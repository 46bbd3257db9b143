#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/faults/words.h"
#include "cli/exit_codes.h"
#include "cli/options_parts.h"

namespace multiaz::cli {

namespace {

constexpr const char* kTargets =
    "an instance (web-a1), a role (db:primary, db:standby, db:replica, cache:primary, "
    "cache:replica), a tier (web), a zone (az-b), any:TIER, or orchestrator";

struct Builder {
  CLI::App& app;
  Options& o;

  CLI::App* verb(const std::string& name, const std::string& help) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([this, name] { o.verb = name; });
    return sub;
  }
  CLI::App* on_cluster(const std::string& name, const std::string& help) {
    CLI::App* sub = verb(name, help);
    sub->add_option("--name", o.name, "name of the cluster");
    return sub;
  }
  CLI::App* reading(const std::string& name, const std::string& help) {
    CLI::App* sub = on_cluster(name, help);
    sub->add_flag("--json", o.json, "for programs");
    return sub;
  }

  void lifecycle() {
    CLI::App* up = reading("up", "start a cluster");
    up->add_option("FILE", o.file, "cluster.toml; none = 3 zones, 3 lb, 6 web, 3 cache, 3 db");
    up->add_option("--profile", o.profile, "how fast failures are detected")
        ->check(CLI::IsMember({"fast", "aws"}));
    up->add_option("--bug", o.bug, "a deliberate mistake in the replication");
    up->add_option("--cache-engine", o.cache_engine, "multiaz's own, or the Redis of this machine")
        ->check(CLI::IsMember({"multiaz", "redis"}));
    up->add_option("--db-engine", o.db_engine, "multiaz's own, or the PostgreSQL of this machine")
        ->check(CLI::IsMember({"multiaz", "postgres"}));
    up->add_option("--wait", o.wait, "page: the shop serves; healthy: every role filled, in sync")
        ->check(CLI::IsMember({"page", "healthy"}));
    up->add_flag("--keep", o.keep, "`down` keeps the data; the next `up` goes on with it");
    up->footer(
        "\nExamples:\n  multiaz up --wait healthy\n  multiaz up examples/wide.toml --name wide");
    up->add_option("--die-with", o.die_with, "end the cluster when this process is gone");
    CLI::App* down = on_cluster("down", "stop a cluster and remove what it left");
    down->add_flag("--keep-data", o.keep, "keep the run folder");
    CLI::App* plan = verb("plan", "print what `up` would start");
    plan->add_option("FILE", o.file, "cluster.toml");
    plan->add_flag("--json", o.json, "for programs");
    plan->add_flag("--mermaid", o.mermaid, "as a picture (mermaid flowchart)");
    plan->footer("\nExample: multiaz plan examples/wide.toml --mermaid");
    CLI::App* doctor = verb("doctor", "check this machine, find leftovers");
    doctor->add_option("--name", o.name, "only this cluster, and the machine");
    doctor->add_flag("--json", o.json, "for programs");
    doctor->add_flag("--fix", o.fix, "remove leftovers of dead clusters");
  }

  void readers() {
    CLI::App* ps = reading("ps", "list the instances");
    ps->add_flag("-w,--watch", o.follow, "repeat until interrupted");
    CLI::App* endpoints = reading("endpoints", "print the addresses, passwords included");
    endpoints->add_flag("--env", o.env, "as NAME=value lines for eval");
    CLI::App* events = reading("events", "print what happened and why");
    events->add_flag("-f,--follow", o.follow, "go on with new events");
    events->add_option("--since", o.since, "only events after this number");
    events->add_option("--kind", o.kinds, "only these kinds: exit,kill,promote,...")->delimiter(',');
    events->add_option("--instance", o.instances, "only of these instances or zones: web-a1,db-a1,az-b,...")
        ->delimiter(',');
    events->footer("\nExample: multiaz events -f --kind exit,replace --instance web-a1");
    CLI::App* logs = reading("logs", "print the logs of processes, merged by time");
    logs->add_option("TARGET", o.target, std::string(kTargets) + "; none = all of them");
    logs->add_option("--level", o.level, "only lines of this level and above")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
    logs->add_option("-n,--lines", o.lines, "only the last N lines");
    logs->footer("\nExample: multiaz logs web -f --level warn");
    logs->add_flag("-f,--follow", o.follow, "go on with new lines");
    reading("health", "is every role filled and in sync? exit code 3 if not");
    reading("groups", "list the replication groups");
    reading("describe", "folder, API, token, endpoints and pids as one JSON object");
    reading("faults", "list the faults in place");
    reading("stats", "memory of every process");
  }

  void orders() {
    for (const auto& [name, help] : {std::pair{"kill", "SIGKILL; a process that ended is replaced"},
                                     {"stop", "SIGSTOP: a process that hangs"},
                                     {"cont", "SIGCONT"},
                                     {"restart", "end in order and start again"}}) {
      CLI::App* sub = reading(name, help);
      sub->add_option("TARGET", o.target, kTargets)->required();
      if (std::string_view(name) != "stop") continue;
      sub->add_option("--for", o.duration, "continue after this time: 500ms, 5s, 2m (waits until then)");
    }
    CLI::App* failover = reading("failover", "make another member the primary, without a failed write");
    failover->add_option("GROUP", o.group, "db or cache")->required();
    failover->add_option("--to", o.to, "the next primary; none = the best one");
    failover->add_flag(
        "--force", o.force,
        "even if it lacks acknowledged writes; only when no in-sync member lives");
    CLI::App* fault = reading("fault", "a fault of the links between A and B, or inside A");
    fault->add_option("KIND", o.fault, "see below; the others are of `multiaz chaos inject`")
        ->required();
    fault->footer("\nThe kinds [and their keys, for --set]:\n" +
                  fault_help({FaultScope::kLink, FaultScope::kProcess}) +
                  "\nExample: multiaz fault cut db-a1 db-b1 --for 5s");
    fault->add_option("A", o.a, kTargets)->required();
    fault->add_option("B", o.b, "the other end, of links");
    fault->add_option("--for", o.duration, "how long: 500ms, 5s, 2m; it heals by itself");
    fault->add_option("--set", o.settings, "KEY=VALUE: percent=50, delay_ms=20, point=back, ...");
    fault->add_flag("--one-way", o.one_way, "cut_one_way, for cut");
    fault->add_option("--delay", o.delay, "delay_ms, as 100ms");
    fault->add_option("--jitter", o.jitter, "jitter_ms, likewise");
    fault->add_option("--amount", o.amount, "the key of that name");
    fault->add_option("--percent", o.percent, "likewise");
    fault
        ->add_option("--wait", o.wait,
                     "until it bites, or not at all: nothing is said of a bite then")
        ->check(CLI::IsMember({"bite", "none"}));
    fault->add_option("--point", o.point, "likewise");
    CLI::App* heal = reading("heal", "end link faults");
    heal->add_option("ID", o.id, "one fault; none = all");
    heal->add_flag("--all", o.all, "all of them (the default)");
    CLI::App* zone = reading("zone", "a zone as one: kill, cut off, slow down, drain, heal");
    zone->add_option("ACTION", o.direction,
                     "down, up; shift, unshift (its traffic); cut, slow, heal (its links)")
        ->required()
        ->check(CLI::IsMember({"down", "up", "shift", "unshift", "cut", "slow", "heal"}));
    zone->add_option("--delay", o.delay, "for slow: 20ms");
    zone->footer(
        "\nExamples:\n  multiaz zone down az-b --for 10s\n  multiaz zone cut az-a --for 3s");
    zone->add_option("ZONE", o.zone, "az-a, az-b, ...")->required();
    zone->add_option("--for", o.duration, "duration: 5s; without it until ordered back");
  }

  void siblings() {
    for (const auto& [name, help] :
         {std::pair{"demo", "start, shop, break everything in turn, print the verdict"},
          {"tour", "the course's architectures under the same faults, side by side"},
          {"chaos", "run a scenario, check a run"},
          {"sim", "the deterministic simulator of the replication"}}) {
      CLI::App* sub = verb(name, help);
      sub->prefix_command();
      sub->set_help_flag();
    }
  }
};

}  // namespace

Parsed parse_command_line(int argc, char** argv) {
  Parsed parsed;
  CLI::App app(
      "multiaz: a three-tier web architecture over several fake availability zones, on one "
      "machine, to be broken on purpose",
      "multiaz");
  app.require_subcommand(1);
  Builder builder{app, parsed.options};
  builder.lifecycle();
  builder.readers();
  builder.orders();
  add_asg_words(app, parsed.options);
  add_dns_words(app, parsed.options);
  add_replica_words(app, parsed.options);
  add_snapshot_words(app, parsed.options);
  add_sg_words(app, parsed.options);
  add_ca_words(app, parsed.options);
  add_lb_words(app, parsed.options);
  builder.siblings();
  std::string shell;
  CLI::App* completion = app.add_subcommand("completion", "print a completion script");
  completion->add_option("SHELL", shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  completion->footer("\nExample: eval \"$(multiaz completion bash)\"");
  // Set after the verbs, because each verb would inherit it.
  app.footer(
      "\nA first tour:\n  multiaz up\n  multiaz ps\n  multiaz kill db:primary\n  multiaz events\n"
      "  multiaz down\n\nExit codes: 0 ok, 1 a claim is violated, 2 inconclusive, 3 unhealthy, "
      "4 an order\nwas not carried out or did not bite, 254 bad input, 255 crash.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    parsed.exit_code = app.exit(error) == 0 ? kExitOk : kExitBadInput;
    return parsed;
  }
  if (completion->parsed()) {
    std::fputs(completion_script(app, shell).c_str(), stdout);
    parsed.exit_code = kExitOk;
    return parsed;
  }
  for (CLI::App* sub : app.get_subcommands()) {
    for (const std::string& word : sub->remaining()) parsed.options.rest.push_back(word);
  }
  return parsed;
}

}  // namespace multiaz::cli
