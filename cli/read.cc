// Verbs that only read.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "cli/answer.h"
#include "cli/orchestrator_state.h"
#include "cli/proc.h"
#include "cli/remote.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

// The parsed answer of one GET. With --json it is printed unchanged.
struct Answer {
  int exit_code = kExitOk;
  bool printed = false;
  Json json;
};

rt::Task<Answer> read(Options options, std::string target, bool list = false) {
  Answer answer;
  auto folder = find_cluster(options.name);
  if (!folder) {
    answer.exit_code = complain(folder.error());
    answer.printed = true;
    co_return answer;
  }
  Remote remote(std::move(*folder));
  const auto text = co_await remote.get(std::move(target));
  if (!text) {
    answer.exit_code = complain(text.error());
    answer.printed = true;
    co_return answer;
  }
  auto parsed = list ? array_of(*text) : object_of(*text);
  if (!parsed) {
    answer.exit_code = complain(parsed.error());
    answer.printed = true;
    co_return answer;
  }
  answer.json = std::move(*parsed);
  if (options.json) {
    print(*text);
    answer.printed = true;
  }
  co_return answer;
}

using jsonio::items_in;
using jsonio::shown;

std::string joined(const Json& list) {
  std::string out;
  for (const Json& item : list) out += (out.empty() ? "" : " ") + shown(item);
  return out.empty() ? "-" : out;
}

Colour colour_of_state(const std::string& state) {
  if (state == "ready") return Colour::kGreen;
  if (state == "starting" || state == "draining") return Colour::kYellow;
  return Colour::kRed;
}

}  // namespace

static std::string instances_table(const Json& instances) {
  Table table({"ID", "ZONE", "ROLE", "ADDRESS", "PID", "STATE", "HEALTH", "EPOCH", "LAG", "UP"});
  for (const Json& one : instances) {
    const std::string state = shown(one, "state");
    const std::string health = shown(one, "health");
    const std::string role = shown(one, "role");
    const bool member = !role.empty();
    table.add(
        {coloured(Colour::kBold, shown(one, "id")), shown(one, "zone"), member ? role : "-",
         shown(one, "address") + ":" + shown(one, "port"), shown(one, "pid"),
         coloured(colour_of_state(state), state),
         coloured(health == "healthy" ? Colour::kGreen : Colour::kYellow, health),
         member ? shown(one, "epoch") : "-",
         jsonio::value_in(one, "lag_ms").is_number() && member ? shown(one, "lag_ms") + "ms" : "-",
         age_text(jsonio::number_in(one, "uptime_s"))});
  }
  return table.text();
}

// Used while the orchestrator is away: what /proc says about the supervisor's children. Exit code
// 3.
static int ps_without_orchestrator(const Options& options, const ClusterFolder& folder,
                                   const OrchestratorState& state) {
  Json processes = Json::array();
  Table table({"ID", "PID", "STATE"});
  for (const ProcessFacts& process : family_of(folder.supervisor)) {
    const std::string id = argument_of(process.command, "--id");
    if (id.empty()) continue;
    const ProcessFacts shown_one = kept_by(process).front();
    const std::string word = shown_one.state == 'T' ? "stopped" : "runs";
    table.add({coloured(Colour::kBold, id), std::to_string(shown_one.pid), word});
    Json item;
    item["id"] = id;
    item["pid"] = shown_one.pid;
    item["state"] = word;
    processes.push_back(item);
  }
  const std::string words = words_on(state, folder.name);
  if (options.json) {
    Json out;
    out["orchestrator"] = words;
    out["restarts"] = state.restarts;
    out["last_end"] = state.last_end;
    out["processes"] = processes;
    print(jsonio::dump(out) + "\n");
  } else {
    print(table.text());
    print("\n" + coloured(Colour::kRed, words) + "\n");
  }
  return kExitUnhealthy;
}

rt::Task<int> verb_ps(Options options) {
  constexpr uint64_t kWatchMs = 500;
  const auto folder = find_cluster(options.name);
  const bool screen = isatty(STDOUT_FILENO) != 0;
  while (true) {
    const auto before = folder ? orchestrator_state(*folder) : std::nullopt;
    if (before && before->fails()) {
      co_return ps_without_orchestrator(options, *folder, *before);
    }
    const Answer answer = co_await read(options, "/v1/instances", true);
    if (answer.exit_code != kExitOk) co_return answer.exit_code;
    if (options.follow && screen && !options.json) print("\x1b[H\x1b[2J");  // clears the screen
    if (!answer.printed) {
      print(instances_table(answer.json));
      const std::string words = before ? words_on(*before, folder->name, true) : "";
      if (!words.empty()) print("\nnote: " + words + "\n");
    }
    if (!options.follow) co_return kExitOk;
    co_await rt::sleep_ms(kWatchMs);
  }
}

rt::Task<int> verb_endpoints(Options options) {
  const Answer answer = co_await read(options, "/v1/endpoints");
  if (answer.printed) co_return answer.exit_code;
  if (options.env) {
    for (const auto& [key, name] : {std::pair{"shop", "SHOP_URL"},
                                    {"shop_https", "SHOP_HTTPS_URL"},
                                    {"cache", "CACHE_URL"},
                                    {"cache_reader", "CACHE_READER_URL"},
                                    {"db", "DATABASE_URL"},
                                    {"db_reader", "DATABASE_READER_URL"},
                                    {"aws", "AWS_ENDPOINT_URL"},
                                    {"aws_access_key_id", "AWS_ACCESS_KEY_ID"},
                                    {"aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"}}) {
      if (!answer.json.contains(key)) continue;
      print(std::string(name) + "='" + shown(answer.json, key) + "'\n");
    }
    co_return kExitOk;
  }
  Table table({"NAME", "URL"});
  for (const auto& [key, value] : answer.json.items()) table.add({key, shown(value)});
  print(table.text());
  co_return kExitOk;
}

rt::Task<int> verb_describe(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(*folder);
  const auto out = co_await describe_cluster(*folder, remote);
  if (!out) co_return complain(out.error());
  print(jsonio::dump(*out, options.json ? -1 : 2) + "\n");
  co_return kExitOk;
}

rt::Task<int> verb_health(Options options) {
  const Answer answer = co_await read(options, "/v1/health");
  if (answer.exit_code != kExitOk) co_return answer.exit_code;
  const bool healthy = jsonio::flag_in(answer.json, "healthy");
  if (!answer.printed) {
    print(healthy ? coloured(Colour::kGreen, "healthy") + ": every role is filled and in sync\n"
                  : coloured(Colour::kRed, "not healthy") + "\n");
    for (const Json& reason : jsonio::items_in(answer.json, "reasons"))
      print("  " + shown(reason) + "\n");
  }
  co_return healthy ? kExitOk : kExitUnhealthy;
}

rt::Task<int> verb_groups(Options options) {
  const Answer answer = co_await read(options, "/v1/groups", true);
  if (answer.printed) co_return answer.exit_code;
  Table table({"GROUP", "EPOCH", "PRIMARY", "SERVING", "IN SYNC", "LEARNERS"});
  for (const Json& one : answer.json) {
    table.add({shown(one, "name"), shown(one, "epoch"), shown(one, "primary"),
               shown(one, "serving"), joined(items_in(one, "in_sync")),
               joined(items_in(one, "learners"))});
  }
  print(table.text());
  co_return kExitOk;
}

rt::Task<int> verb_faults(Options options) {
  const Answer answer = co_await read(options, "/v1/faults", true);
  if (answer.printed) co_return answer.exit_code;
  if (answer.json.empty()) {
    print("no link fault is in place\n");
    co_return kExitOk;
  }
  Table table({"ID", "KIND", "A", "B", "DELAY", "OWNER", "LEFT"});
  for (const Json& one : answer.json) {
    const Nanos until = jsonio::count_in(one, "until_ns");
    const Nanos now = monotonic_now();
    const Nanos left = until > now ? until - now : 0;
    table.add({shown(one, "id"), shown(one, "kind"), shown(one, "a"), shown(one, "b"),
               shown(one, "delay_ms") + "ms", shown(one, "owner"),
               std::to_string(left / kMillisecond) + "ms"});
  }
  print(table.text());
  co_return kExitOk;
}

// Reads only /proc, so it works while the orchestrator is away.
rt::Task<int> verb_stats(Options options) {
  const auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Json processes = Json::array();
  uint64_t total_kib = 0;
  for (const ProcessFacts& process : family_of(folder->supervisor)) {
    uint64_t kib = 0;
    const std::vector<ProcessFacts> all = kept_by(process);
    for (const ProcessFacts& one : all) kib += pss_kib(one.pid);
    std::string id = argument_of(process.command, "--id");
    if (id.empty()) id = process.name;
    Json item;
    item["id"] = id;
    item["pid"] = all.front().pid;
    item["memory_mb"] = static_cast<double>(kib * 10 / 1024) / 10;
    processes.push_back(item);
    total_kib += kib;
  }
  Json out;
  out["memory_mb"] = static_cast<double>(total_kib * 10 / 1024) / 10;
  out["processes"] = processes;
  if (options.json) {
    print(jsonio::dump(out) + "\n");
    co_return kExitOk;
  }
  Table table({"ID", "PID", "PSS"});
  for (const Json& one : processes) {
    table.add({shown(one, "id"), shown(one, "pid"), shown(one, "memory_mb") + " MB"});
  }
  table.add({"all", "", shown(out, "memory_mb") + " MB"});
  print(table.text());
  co_return kExitOk;
}

rt::Task<int> verb_dns(Options options) {
  const Answer answer = co_await read(options, "/v1/dns");
  if (answer.printed) co_return answer.exit_code;
  print("zone " + shown(answer.json, "origin") + ", name server " + shown(answer.json, "server") +
        "\n");
  Table table({"NAME", "TYPE", "TTL", "POLICY", "SET", "VALUES"});
  for (const Json& one : jsonio::items_in(answer.json, "records")) {
    table.add(
        {shown(one, "name"), shown(one, "type"), shown(one, "ttl_s"), shown(one, "policy"),
         one.contains("set_identifier") ? shown(one, "set_identifier") : "-",
         one.contains("alias") ? "alias " + shown(one, "alias") : joined(items_in(one, "values"))});
  }
  if (!items_in(answer.json, "records").empty()) print(table.text());
  for (const Json& one : jsonio::items_in(answer.json, "checks")) {
    print("check " + shown(one, "id") + ": " + shown(one, "type") + " " + shown(one, "address") +
          ":" + shown(one, "port") + "\n");
  }
  co_return kExitOk;
}

}  // namespace multiaz::cli
