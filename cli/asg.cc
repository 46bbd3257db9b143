// Verbs of the Auto Scaling group.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/rt/sync.h"
#include "cli/answer.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLookMs = 50;
constexpr uint64_t kWaitMsMax = 600'000;
constexpr uint64_t kOrderMsMax = 300'000;  // a promotion or modification takes long

Colour colour_of_lifecycle(const std::string& lifecycle) {
  if (lifecycle == "InService") return Colour::kGreen;
  return lifecycle.starts_with("Pending") ? Colour::kYellow : Colour::kRed;
}

std::string text_of(const Json& number) {
  if (!number.is_number()) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", *jsonio::number(Json{{"n", number}}, "n"));
  return text;
}

void show(const Json& asg) {
  print(jsonio::text_in(asg, "name") + ": min " + jsonio::shown(asg, "min") + ", desired " +
        jsonio::shown(asg, "desired") + ", max " + jsonio::shown(asg, "max") + "; CPU " +
        text_of(jsonio::value_in(jsonio::members_in(asg, "metrics"), "cpu_percent")) + " %, " +
        text_of(jsonio::value_in(jsonio::members_in(asg, "metrics"), "requests_per_s")) +
        " requests/s\n");
  for (const Json& policy : jsonio::items_in(asg, "policies")) {
    print("policy " + jsonio::text_in(policy, "name") + ": " + jsonio::text_in(policy, "type") +
          ", " + jsonio::text_in(policy, "metric") + " " +
          text_of(jsonio::value_in(policy, "target")) + "\n");
  }
  for (const Json& process : jsonio::items_in(asg, "suspended")) {
    print(coloured(Colour::kYellow, "suspended: " + jsonio::shown(process)) + "\n");
  }
  const Json& refresh = jsonio::members_in(asg, "refresh");
  if (jsonio::count_in(refresh, "number") != 0) {
    const std::string reason = jsonio::text_in(refresh, "reason");
    print("instance refresh " + jsonio::shown(refresh, "number") + ": " +
          jsonio::text_in(refresh, "status") + ", version " + jsonio::shown(refresh, "from") +
          " -> " + jsonio::shown(refresh, "to") + ", " + jsonio::shown(refresh, "percent") + " %" +
          (reason.empty() ? "" : ", " + reason) + "\n");
  }
  Table table({"ID", "ZONE", "LIFECYCLE", "HEALTH", "VERSION", "PROTECTED"});
  for (const Json& one : jsonio::items_in(asg, "instances")) {
    const std::string lifecycle = jsonio::text_in(one, "lifecycle");
    const std::string reason = jsonio::text_in(one, "reason");
    table.add({coloured(Colour::kBold, jsonio::text_in(one, "id")), jsonio::text_in(one, "zone"),
               coloured(colour_of_lifecycle(lifecycle), lifecycle),
               jsonio::text_in(one, "health") + (reason.empty() ? "" : " (" + reason + ")"),
               jsonio::shown(one, "version"), jsonio::flag_in(one, "protected") ? "yes" : "-"});
  }
  print(table.text());
}

// Whether the desired number is in service and no other instance exists.
bool settled(const Json& asg) {
  size_t in_service = 0, standby = 0;
  for (const Json& one : jsonio::items_in(asg, "instances")) {
    const std::string lifecycle = jsonio::text_in(one, "lifecycle");
    if (lifecycle == "Standby") ++standby;
    if (lifecycle == "InService" && jsonio::text_in(one, "health") == "Healthy") ++in_service;
  }
  return in_service + standby == jsonio::items_in(asg, "instances").size() &&
         in_service == jsonio::count_in(asg, "desired");
}

bool refresh_over(const Json& asg) {
  const std::string status = jsonio::text_in(jsonio::members_in(asg, "refresh"), "status");
  return status != "InProgress" && status != "RollbackInProgress";
}

// Polls the group until `over`; nullopt when that takes too long.
rt::Task<Result<Json>> wait_until(Remote& remote, bool (*over)(const Json&)) {
  const Nanos limit = monotonic_now() + kWaitMsMax * kMillisecond;
  while (monotonic_now() < limit) {
    const auto text = co_await remote.get("/v1/asg");
    if (!text) co_return text.error();
    auto asg = object_of(*text);
    if (!asg) co_return asg.error();
    if (over(*asg)) co_return *asg;
    co_await rt::sleep_ms(kLookMs);
  }
  co_return Error(Code::kTimeout, "it is not over after 10 minutes; see multiaz asg");
}

rt::Task<Result<std::string>> send(Remote& remote, Options options) {
  const auto body = jsonio::parse(options.body);
  if (!body) co_return body.error();
  auto text = co_await remote.call(options.route, &*body, kOrderMsMax);
  co_return text;
}

}  // namespace

rt::Task<int> verb_asg(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await remote.get("/v1/asg");
  if (!text) co_return complain(text.error());
  const auto asg = object_of(*text);
  if (!asg) co_return complain(asg.error());
  if (options.json)
    print(*text);
  else
    show(*asg);
  co_return kExitOk;
}

rt::Task<int> verb_order(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const auto text = co_await send(remote, options);
  if (!text) co_return exit_code_of(text.error());
  const auto answer = object_of(*text);
  if (!answer) co_return complain(answer.error());
  const auto said = jsonio::text(*answer, "text", "done");
  print(options.json ? *text : (said ? *said : "done") + "\n");
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
  const auto answer = object_of(*text);
  if (!answer) co_return complain(answer.error());
  if (!options.follow) {
    print(options.json ? *text
                       : "version " + jsonio::shown(*answer, "version") +
                             " is being rolled out; "
                             "multiaz asg shows how far it is\n");
    co_return kExitOk;
  }
  const auto asg = co_await wait_until(remote, refresh_over);
  if (!asg) co_return exit_code_of(asg.error());
  if (options.json)
    print(jsonio::dump(jsonio::value_in(*asg, "refresh")) + "\n");
  else
    show(*asg);
  co_return jsonio::text_in(jsonio::members_in(*asg, "refresh"), "status") == "Successful"
      ? kExitOk
      : kExitViolated;
}

}  // namespace multiaz::cli
