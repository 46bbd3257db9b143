// Verbs of the Auto Scaling group.
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/rt/sync.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLookMs = 50;
constexpr uint64_t kWaitMsMax = 600'000;
constexpr uint64_t kOrderMsMax = 300'000;  // a promotion or modification takes its time

Colour colour_of_lifecycle(const std::string& lifecycle) {
  if (lifecycle == "InService") return Colour::kGreen;
  return lifecycle.starts_with("Pending") ? Colour::kYellow : Colour::kRed;
}

std::string text_of(const Json& number) {
  if (number.is_null()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number.get<double>());
  return text;
}

void show(const Json& asg) {
  print(asg["name"].get<std::string>() + ": min " + asg["min"].dump() + ", desired " +
        asg["desired"].dump() + ", max " + asg["max"].dump() + "; CPU " +
        text_of(asg["metrics"]["cpu_percent"]) + " %, " +
        text_of(asg["metrics"]["requests_per_s"]) + " requests/s\n");
  for (const Json& policy : asg["policies"]) {
    print("policy " + policy["name"].get<std::string>() + ": " + policy["type"].get<std::string>() +
          ", " + policy["metric"].get<std::string>() + " " + text_of(policy["target"]) + "\n");
  }
  for (const Json& process : asg["suspended"]) {
    print(coloured(Colour::kYellow, "suspended: " + process.get<std::string>()) + "\n");
  }
  const Json& refresh = asg["refresh"];
  if (refresh["number"] != 0) {
    const std::string reason = refresh["reason"].get<std::string>();
    print("instance refresh " + refresh["number"].dump() + ": " +
          refresh["status"].get<std::string>() + ", version " + refresh["from"].dump() + " -> " +
          refresh["to"].dump() + ", " + refresh["percent"].dump() + " %" +
          (reason.empty() ? "" : ", " + reason) + "\n");
  }
  Table table({"ID", "ZONE", "LIFECYCLE", "HEALTH", "VERSION", "PROTECTED"});
  for (const Json& one : asg["instances"]) {
    const std::string lifecycle = one["lifecycle"].get<std::string>();
    const std::string reason = one["reason"].get<std::string>();
    table.add({coloured(Colour::kBold, one["id"].get<std::string>()),
               one["zone"].get<std::string>(), coloured(colour_of_lifecycle(lifecycle), lifecycle),
               one["health"].get<std::string>() + (reason.empty() ? "" : " (" + reason + ")"),
               one["version"].dump(), one["protected"].get<bool>() ? "yes" : "-"});
  }
  print(table.text());
}

// So many are in service, and nobody else is there.
bool settled(const Json& asg) {
  size_t in_service = 0, standby = 0;
  for (const Json& one : asg["instances"]) {
    if (one["lifecycle"] == "Standby") ++standby;
    if (one["lifecycle"] == "InService" && one["health"] == "Healthy") ++in_service;
  }
  return in_service + standby == asg["instances"].size() &&
         in_service == asg["desired"].get<size_t>();
}

bool refresh_over(const Json& asg) {
  const Json& status = asg["refresh"]["status"];
  return status != "InProgress" && status != "RollbackInProgress";
}

// Looks at the group until `over`; nothing when it takes too long.
rt::Task<Result<Json>> wait_until(Remote& remote, bool (*over)(const Json&)) {
  const Nanos limit = monotonic_now() + kWaitMsMax * kMillisecond;
  while (monotonic_now() < limit) {
    const auto text = co_await remote.get("/v1/asg");
    if (!text) co_return text.error();
    Json asg = Json::parse(*text, nullptr, false);
    if (over(asg)) co_return asg;
    co_await rt::sleep_ms(kLookMs);
  }
  co_return Error(Code::kTimeout, "it is not over after 10 minutes; see multiaz asg");
}

rt::Task<Result<std::string>> send(Remote& remote, Options options) {
  const nlohmann::json body = nlohmann::json::parse(options.body, nullptr, false);
  auto text = co_await remote.call(options.route, &body, kOrderMsMax);
  co_return text;
}

}  // namespace

rt::Task<int> verb_asg(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await remote.get("/v1/asg");
  if (!text) co_return complain(text.error());
  if (options.json)
    print(*text);
  else
    show(Json::parse(*text, nullptr, false));
  co_return kExitOk;
}

rt::Task<int> verb_order(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await send(remote, options);
  if (!text) co_return exit_code_of(text.error());
  const Json answer = Json::parse(*text, nullptr, false);
  print(options.json ? *text : answer.value("text", "done") + "\n");
  co_return kExitOk;
}

rt::Task<int> verb_scale(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await send(remote, options);
  if (!text) co_return exit_code_of(text.error());
  if (!options.follow) {
    print("done; multiaz asg shows how far it is\n");
    co_return kExitOk;
  }
  const auto asg = co_await wait_until(remote, settled);
  if (!asg) co_return exit_code_of(asg.error());
  show(*asg);
  co_return kExitOk;
}

rt::Task<int> verb_deploy(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await send(remote, options);
  if (!text) co_return exit_code_of(text.error());
  const Json answer = Json::parse(*text, nullptr, false);
  if (!options.follow) {
    print(options.json ? *text
                       : "version " + answer["version"].dump() +
                             " is being rolled out; "
                             "multiaz asg shows how far it is\n");
    co_return kExitOk;
  }
  const auto asg = co_await wait_until(remote, refresh_over);
  if (!asg) co_return exit_code_of(asg.error());
  if (options.json)
    print((*asg)["refresh"].dump() + "\n");
  else
    show(*asg);
  co_return (*asg)["refresh"]["status"] == "Successful" ? kExitOk : kExitViolated;
}

}  // namespace multiaz::cli
