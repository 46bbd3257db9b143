// orchestrator --dir RUN_DIR --bin DIR --plan FILE     (started by the supervisor)
// orchestrator --check FILE                            says whether a cluster.toml is good
// orchestrator --print-plan [FILE] [--octet C] [--set section.key=value]... [--json]
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/core/log.h"
#include "base/core/private_files.h"
#include "base/rt/loop.h"
#include "orchestrator/api/api_doc.h"
#include "orchestrator/orchestrate.h"
#include "orchestrator/plan/cluster_file.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/shell/snapshots.h"

namespace {

using namespace multiaz;
using namespace multiaz::orchestrator;

constexpr int kExitBadInput = 254;

struct Arguments {
  OrchestratorOptions run;
  std::string check;
  bool print_plan = false;
  std::string file;
  std::vector<std::string> set;
  int octet = kOctetMin;
  bool json = false, mermaid = false;
};

int bad(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  return kExitBadInput;
}

// "cluster.profile=aws", with the same rules as in the file.
Status override_key(const std::string& text, Config& config) {
  const size_t equals = text.find('=');
  for (const ConfigKey& key : config_keys()) {
    const std::string name = std::string(key.section) + "." + std::string(key.key);
    if (text.substr(0, equals) != name || equals == std::string::npos) continue;
    return set_text(key, text.substr(equals + 1), config);
  }
  return Error(Code::kInvalid, "--set: unknown key in '" + text + "'");
}

// Files that the plan names must be usable before anything is started from it.
Status check_seeds(const Plan& plan) {
  for (const PlannedGroup& group : plan.groups) {
    if (group.snapshot.empty()) continue;
    const auto good = check_seed(group.name, group.snapshot, false);
    if (!good) return good.error();
  }
  return Status();
}

int print_plan(const Arguments& arguments) {
  Config config;
  if (!arguments.file.empty()) {
    auto read = read_cluster_file(arguments.file);
    if (!read) return bad(read.error().detail);
    config = std::move(*read);
  }
  for (const std::string& text : arguments.set) {
    const Status set = override_key(text, config);
    if (!set) return bad(set.error().detail);
  }
  // A flag must be consistent with the file.
  for (const ConfigProblem& one : check_config(config))
    return bad(one.place() + ": " + one.text);
  if (arguments.octet < kOctetMin || arguments.octet > kOctetMax) return bad("--octet: 20 to 99");
  const Plan plan = build_plan(config, arguments.octet);
  const Status seeds = check_seeds(plan);
  if (!seeds) return bad(seeds.error().detail);
  const std::string text = arguments.json      ? plan_to_json(plan)
                           : arguments.mermaid ? plan_to_mermaid(plan)
                                               : plan_to_text(plan);
  std::fputs(text.c_str(), stdout);
  return 0;
}

int check(const std::string& file) {
  const auto read = read_cluster_file(file);
  if (!read) return bad(read.error().detail);
  std::printf("%s is good\n", file.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("multiaz orchestrator: the control plane of a cluster");
  app.add_option("--dir", arguments.run.run_dir, "run folder of the cluster");
  app.add_option("--bin", arguments.run.bin_dir, "folder of the daemons");
  app.add_option("--plan", arguments.run.plan_file, "plan (JSON), for the first start");
  app.add_option("--check", arguments.check, "check a cluster.toml");
  app.add_flag("--print-plan", arguments.print_plan, "print what would run");
  bool openapi = false, schema = false;
  app.add_flag("--print-openapi", openapi, "print the API's description");
  app.add_flag("--print-schema", schema, "print the JSON schema of cluster.toml");
  app.add_option("FILE", arguments.file, "cluster.toml for --print-plan");
  app.add_option("--set", arguments.set, "section.key=value, overrides the file");
  app.add_option("--octet", arguments.octet, "C in the addresses 127.C.Z.N");
  app.add_flag("--json", arguments.json, "as JSON");
  app.add_flag("--mermaid", arguments.mermaid, "as a mermaid picture");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitBadInput;
  }
  if (openapi || schema) {
    std::fputs((openapi ? openapi_json() : config_schema_json()).c_str(), stdout);
    return 0;
  }
  if (!arguments.check.empty()) return check(arguments.check);
  if (arguments.print_plan) return print_plan(arguments);
  if (arguments.run.run_dir.empty() || arguments.run.bin_dir.empty()) {
    return bad("--dir and --bin are needed (or --check, --print-plan)");
  }
  log::start("orchestrator");
  keep_files_private();
  return rt::run(orchestrate(std::move(arguments.run)));
}
