// `multiaz up`: checks, chooses addresses, makes the run folder, starts the supervisor and waits
// until the shop serves. When a step fails, nothing is left behind.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/private_files.h"
#include "base/tls/authority.h"
#include "cli/addresses.h"
#include "cli/authority.h"
#include "cli/end.h"
#include "cli/folder_lock.h"
#include "cli/proc.h"
#include "cli/remote.h"
#include "cli/spawn.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/wait_ready.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kReadyMs = 20'000;  // time for the supervisor's ready line
constexpr int kTries = 8;         // because other programs may take the addresses that were chosen

struct Start {
  Options options;
  Json plan;
  ClusterFolder folder;
  bool went_on = false;  // started with kept data, which stays even when the start fails
  std::vector<std::string> notes;
  Nanos began = 0;
  uint64_t page_ms = 0, healthy_ms = 0;
};

Result<Json> make_plan(const Options& options, int octet) {
  std::vector<std::string> argv = {bin_folder() + "/orchestrator", "--print-plan", "--json",
                                   "--octet", std::to_string(octet)};
  if (!options.file.empty()) argv.push_back(options.file);
  for (const auto& [key, value] : {std::pair{"cluster.name", options.name},
                                   {"cluster.profile", options.profile},
                                   {"cluster.bug", options.bug},
                                   {"cache.engine", options.cache_engine},
                                   {"db.engine", options.db_engine}}) {
    if (!value.empty()) argv.insert(argv.end(), {"--set", std::string(key) + "=" + value});
  }
  auto ran = run_captured(argv);
  if (!ran) return ran.error();
  if (ran->exit_code != 0) {
    while (!ran->err.empty() && ran->err.back() == '\n') ran->err.pop_back();
    return Error(ran->exit_code == kExitBadInput ? Code::kInvalid : Code::kInternal, ran->err);
  }
  auto plan = jsonio::parse_object<Json>(ran->out);
  if (!plan) return Error(Code::kInternal, "the orchestrator printed no plan");
  return plan;
}

rt::Address address_of(const Json& endpoint) {
  const auto address = rt::parse_address(jsonio::text_in(endpoint, "address"),
                                         static_cast<uint16_t>(jsonio::count_in(endpoint, "port")));
  return address ? *address : rt::Address();
}

const Json* endpoint_of(const Json& plan, const std::string& name) {
  for (const Json& one : jsonio::items_in(plan, "endpoints")) {
    if (jsonio::text_in(one, "name") == name) return &one;
  }
  return nullptr;
}

// The endpoints at addresses of the cluster itself; the others (127.0.0.1:8080) come later.
std::vector<EndpointPort> own_ports(const Json& plan) {
  std::vector<EndpointPort> ports;
  const std::string prefix = "127." + jsonio::shown(plan, "octet") + ".0.";
  for (const Json& one : jsonio::items_in(plan, "endpoints")) {
    const std::string address = jsonio::text_in(one, "address");
    if (!address.starts_with(prefix)) continue;
    ports.push_back({std::atoi(address.c_str() + prefix.size()),
                     static_cast<uint16_t>(jsonio::count_in(one, "port"))});
  }
  return ports;
}

// Leaves out optional endpoints whose address is in use; an address that the user asked for must be
// free.
Status settle_endpoints(Start& start) {
  Json kept = Json::array();
  for (const Json& one : jsonio::items_in(start.plan, "endpoints")) {
    const std::string name = jsonio::text_in(one, "name");
    const bool https = name == "shop_https_local";
    const auto taken = https || name == "shop_local" ? why_taken(address_of(one)) : std::nullopt;
    if (!taken) {
      kept.push_back(one);
      continue;
    }
    if (!jsonio::flag_in(one, "optional")) {
      return Error(Code::kConflict, "shop.address " + *taken);
    }
    const std::string only =
        address_of(*endpoint_of(start.plan, https ? "shop_https" : "shop")).text();
    start.notes.push_back(*taken + ": the shop is at " + (https ? "https://" : "http://") + only +
                          " only");
  }
  start.plan["endpoints"] = kept;
  return Status();
}

Status choose_addresses(Start& start, int after) {
  const auto octet = find_free_octet(own_ports(start.plan), after);
  if (!octet) return octet.error();
  if (*octet != static_cast<int>(jsonio::count_in(start.plan, "octet"))) {
    auto plan = make_plan(start.options, *octet);
    if (!plan) return plan.error();
    start.plan = std::move(*plan);
  }
  return settle_endpoints(start);
}

Status start_supervisor(Start& start) {
  ClusterFolder& folder = start.folder;
  std::vector<std::string> argv = {bin_folder() + "/supervisor", "--dir", folder.path, "--name",
                                   folder.name};
  for (const Json& one : jsonio::items_in(start.plan, "endpoints")) {
    argv.insert(argv.end(),
                {"--listen", jsonio::text_in(one, "name") + "=" + address_of(one).text()});
  }
  if (start.options.die_with) {
    argv.insert(argv.end(), {"--die-with", std::to_string(start.options.die_with)});
  }
  argv.insert(argv.end(), {"--", bin_folder() + "/orchestrator", "--dir", folder.path, "--bin",
                           bin_folder(), "--plan", folder.path + "/plan.json"});
  const std::string log = folder.path + "/logs/supervisor.log";
  const auto line = start_detached(argv, log, kReadyMs);
  if (!line) {
    const auto words = read_file(log);
    return Error(Code::kConflict, "the supervisor did not start: " +
                                      (words && !words->empty() ? *words : line.error().detail));
  }
  const auto ready = jsonio::parse_object<Json>(*line);
  folder.supervisor = ready ? static_cast<int>(jsonio::count_in(*ready, "pid")) : 0;
  return save(folder);
}

// Judges an existing folder of that name: running, kept on purpose, or left by a killed cluster.
Status settle_old_folder(Start& start, const std::string& name) {
  const std::string path = runs_folder() + "/" + name;
  const Status own = check_private_folder(path);
  if (!own) return own.error().code == Code::kNotFound ? Status() : own;
  const auto old = load_folder(name);
  if (old && is_running(*old)) {
    return Error(Code::kConflict, "cluster '" + name + "' runs already: multiaz ps --name " + name +
                                      ", multiaz down --name " + name +
                                      ", or choose another --name");
  }
  if (old && old->keep) {
    start.folder = *old;
    start.went_on = true;
    start.notes.push_back("goes on with the data kept in " + path);
    return Status();
  }
  start.notes.push_back("removed what a dead cluster had left in " + path);
  remove_folder(path);
  return Status();
}

// The user's authority; where it cannot be kept, one for this cluster alone.
Result<Authority> authority_for(Start& start) {
  auto own = user_authority();
  if (own) return own;
  start.notes.push_back("TLS: a certificate authority for this cluster alone, because " +
                        own.error().detail);
  auto fresh = tls::make_authority("multiaz, one cluster");
  if (!fresh) return fresh.error();
  return Authority{*fresh, ""};
}

Status prepare_folder(Start& start, const std::string& name) {
  const Status old = settle_old_folder(start, name);
  if (!old) return old;
  if (start.went_on) {
    // The stored plan counts, and its addresses must be free again.
    const auto text = read_file(start.folder.path + "/plan.json");
    if (!text) return text.error();
    auto plan = jsonio::parse_object<Json>(*text);
    const bool whole = plan && endpoint_of(*plan, "api") && endpoint_of(*plan, "shop");
    if (!whole) return Error(Code::kCorrupt, start.folder.path + "/plan.json is damaged");
    start.plan = std::move(*plan);
  } else {
    const auto authority = authority_for(start);
    if (!authority) return authority.error();
    auto certificates =
        issue_for_cluster(*authority, static_cast<int>(jsonio::count_in(start.plan, "octet")));
    if (!certificates) return certificates.error();
    (*certificates)["ca_file"] = runs_folder() + "/" + name + "/ca.pem";
    auto folder = create_folder(name, *certificates);
    if (!folder) return folder.error();
    start.folder = std::move(*folder);
    const Status trusted =
        write_file(start.folder.path + "/ca.pem", authority->identity.certificates_pem);
    if (!trusted) return trusted;
  }
  start.folder.bin = bin_folder();
  start.folder.keep = start.options.keep;
  start.folder.api = address_of(*endpoint_of(start.plan, "api"));
  start.folder.shop = address_of(*endpoint_of(start.plan, "shop"));
  Status done = write_file(start.folder.path + "/plan.json", jsonio::dump(start.plan, 2) + "\n");
  if (done) done = save(start.folder);
  return done;
}

// Cleans up after a start that failed.
void leave_folder(Start& start, bool keep) {
  if (!keep && !start.went_on) return remove_folder(start.folder.path);
  start.folder.keep = true;
  start.folder.supervisor = 0;
  (void)save(start.folder);
}

Status try_start(Start& start, const std::string& name) {
  start.went_on = false;
  Status done = prepare_folder(start, name);
  if (done) done = start_supervisor(start);
  // With --keep as well: the folder has no data, and the next attempt would reuse its addresses.
  if (!done && !start.folder.path.empty()) leave_folder(start, false);
  return done;
}

// Checks that the programs of other engines are installed before anything starts that needs them.
Status check_engines(const Json& plan) {
  std::set<std::string> engines;
  for (const Json& one : jsonio::items_in(plan, "instances")) {
    if (jsonio::text_in(one, "program") != "enginenode") continue;
    std::vector<std::string> flags;
    if (!jsonio::Fields<Json>(one).may("flags", flags).ok()) continue;
    const auto at = std::find(flags.begin(), flags.end(), "--engine");
    if (at != flags.end() && at + 1 != flags.end()) engines.insert(*(at + 1));
  }
  for (const std::string& engine : engines) {
    auto ran = run_captured({bin_folder() + "/enginenode", "--engine", engine, "--probe", "yes"});
    if (!ran) return ran.error();
    while (ran->err.ends_with('\n')) ran->err.pop_back();
    if (ran->exit_code != 0) return Error(Code::kInvalid, ran->err);
  }
  return Status();
}

Status check_programs(const Json& plan) {
  for (const Json& one : jsonio::items_in(plan, "instances")) {
    const std::string program = jsonio::text_in(one, "program");
    const std::string path = program.starts_with('/') ? program : bin_folder() + "/" + program;
    if (access(path.c_str(), X_OK) != 0) return Error(Code::kIo, path + ": " + strerror(errno));
  }
  return check_engines(plan);
}

Status launch(Start& start) {
  auto plan = make_plan(start.options, kOctetMin);
  if (!plan) return plan.error();
  start.plan = std::move(*plan);
  const Status programs = check_programs(start.plan);
  if (!programs) return programs;
  const std::string name = jsonio::text_in(start.plan, "name");
  const Status runs = make_runs_folder();
  if (!runs) return runs;
  // No other `multiaz up` chooses the same addresses at the same time.
  const FolderLock lock(runs_folder());
  Status done;
  int after = kOctetMin - 1;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    done = choose_addresses(start, after);
    if (!done) return done;
    after = static_cast<int>(jsonio::count_in(start.plan, "octet"));
    done = try_start(start, name);
    if (done || done.error().detail.find("in use") == std::string::npos) return done;
  }
  return done;
}

rt::Task<Status> await_ready(Start& start, Remote& remote) {
  Status done = co_await wait_for_page(remote);
  if (!done) co_return done;
  start.page_ms = (monotonic_now() - start.began) / kMillisecond;
  if (start.options.wait != "healthy") co_return done;
  done = co_await wait_for_health(remote);
  start.healthy_ms = (monotonic_now() - start.began) / kMillisecond;
  co_return done;
}

void print_for_people(const Start& start, const Json& out) {
  print(coloured(Colour::kBold, start.folder.name) + " is up: " +
        std::to_string(jsonio::items_in(start.plan, "instances").size()) + " instances in " +
        std::to_string(jsonio::items_in(start.plan, "zones").size()) + " zones; first page after " +
        coloured(Colour::kGreen, std::to_string(start.page_ms) + " ms") +
        (start.healthy_ms ? ", healthy after " + std::to_string(start.healthy_ms) + " ms" : "") +
        "\n");
  for (const std::string& note : start.notes) print("note: " + note + "\n");
  Table table({"NAME", "URL"});
  for (const auto& [key, value] : jsonio::members_in(out, "endpoints").items()) {
    if (value.is_string()) table.add({key, jsonio::shown(value)});
  }
  print("\n" + table.text());
  const std::string name = start.folder.name == kDefaultName ? "" : " --name " + start.folder.name;
  print("\ntry: multiaz ps" + name + " | multiaz kill db:primary" + name + " | multiaz events -f" +
        name + " | multiaz down" + name + "\n");
}

rt::Task<Status> report(Start& start, Remote& remote) {
  auto described = co_await describe_cluster(start.folder, remote);
  if (!described) co_return described.error();
  Json& out = *described;
  out["start_ms"] = start.page_ms;
  if (start.options.wait == "healthy") out["healthy_ms"] = start.healthy_ms;
  out["notes"] = start.notes;
  if (start.options.json)
    print(jsonio::dump(out) + "\n");
  else
    print_for_people(start, out);
  co_return Status();
}

}  // namespace

rt::Task<int> verb_up(Options options) {
  Start start;
  start.began = monotonic_now();
  start.options = std::move(options);
  const Status launched = launch(start);
  if (!launched) {
    complain(launched.error());
    co_return launched.error().code == Code::kInternal ? kExitCrash : kExitBadInput;
  }
  Remote remote(start.folder);
  Status ready = co_await await_ready(start, remote);
  if (ready) ready = co_await report(start, remote);
  if (ready) co_return kExitOk;
  complain(ready.error());
  std::fputs(last_problems(start.folder).c_str(), stderr);
  (void)end_cluster(start.folder);
  leave_folder(start, start.folder.keep);
  co_return kExitUnhealthy;
}

}  // namespace multiaz::cli
