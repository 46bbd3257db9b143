// Verbs that change something: processes, links, roles, zones.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/core/clock.h"
#include "base/core/duration.h"
#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/faults/checks.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "cli/answer.h"
#include "cli/place.h"
#include "cli/proc.h"
#include "cli/remote.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kLocalProofMs = 2000;

// "kill web-a1: pid 4711, seen to be gone". An order to a process reports whether it had an effect.
int report_hits(const Options& options, const std::string& text, const std::string& what) {
  const auto parsed = jsonio::parse_object<Json>(text);
  if (!parsed) return exit_code_of(parsed.error());
  Json answer = *parsed;
  const auto said = jsonio::flag(answer, "verified", false);
  const auto hits = jsonio::array(answer, "hits");
  const bool strikes = what == "kill" || what == "stop" || what == "restart";
  const bool no_hit = strikes && (!hits || (*hits)->empty()) && options.verb != "zone";
  const bool verified = said && *said && !no_hit;
  if (options.json) {
    if (strikes) answer["bit"] = verified;
    print(jsonio::dump(answer) + "\n");
    return verified ? kExitOk : kExitNotApplied;
  }
  if (no_hit) print(what + "  " + coloured(Colour::kRed, "did not bite: no process was hit") + "\n");
  if (!hits) return kExitNotApplied;
  for (const Json& hit : **hits) {
    const auto proven = jsonio::flag(hit, "verified", false);
    const auto id = jsonio::text(hit, "id", "");
    print(what + "  " + (id ? *id : "") + "  pid " + jsonio::shown(hit, "pid") + "  " +
          (proven && *proven ? coloured(Colour::kGreen, "verified")
                             : coloured(Colour::kRed, strikes ? "did not bite" : "NOT verified")) +
          "\n");
  }
  return verified ? kExitOk : kExitNotApplied;
}

rt::Task<int> order(Options options, std::string route, Json body, std::string what) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  const nlohmann::json plain = body;
  const auto text = co_await remote.call(std::move(route), &plain);
  if (!text) co_return exit_code_of(text.error());
  co_return report_hits(options, *text, what);
}

// The orchestrator cannot prove its own death, and a stopped one does not answer, so this program
// sends the signal itself.
rt::Task<int> signal_orchestrator(Options options) {
  const auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  pid_t pid = 0;
  for (const ProcessFacts& process : family_of(folder->supervisor)) {
    if (process.name == "orchestrator") pid = process.pid;
  }
  if (pid == 0) co_return exit_code_of(Error(Code::kUnavailable, "no orchestrator runs now"));
  const bool ends = options.verb == "kill" || options.verb == "restart";
  const bool stops = options.verb == "stop";
  Json hit;
  hit["id"] = "orchestrator";
  hit["pid"] = pid;
  hit["t_ns"] = monotonic_now();
  if (options.verb == "restart") ::kill(pid, SIGCONT);  // because a stopped process could not end
  ::kill(pid, options.verb == "kill" ? SIGKILL : ends ? SIGTERM : stops ? SIGSTOP : SIGCONT);
  bool proven = false;
  const Nanos limit = monotonic_now() + kLocalProofMs * kMillisecond;
  while (!proven && monotonic_now() < limit) {
    const auto facts = look_at(pid);
    proven = ends ? !facts : facts && (facts->state == 'T') == stops;
    if (!proven) co_await rt::sleep_ms(1);
  }
  hit["verified"] = proven;
  Json answer;
  answer["hits"] = Json::array();
  answer["hits"].push_back(hit);
  answer["verified"] = proven;
  co_return report_hits(options, jsonio::dump(answer) + "\n", options.verb);
}

Status add_duration(Json& body, const char* key, const std::string& option,
                    const std::string& text) {
  if (text.empty()) return Status();
  const auto ms = parse_duration_ms(text);
  if (!ms) {
    return Error(Code::kInvalid,
                 option + ": '" + text + "' is not a duration like 500ms, 5s or 2m");
  }
  body[key] = *ms;
  return Status();
}

constexpr uint64_t kFaultMsDefault = 5'000;  // the API's default

uint64_t duration_of(const Json& body) {
  const auto ms = jsonio::count(body, "for_ms", kFaultMsDefault);
  return ms ? *ms : kFaultMsDefault;
}

}  // namespace

int exit_code_of(const Error& error) {
  std::fprintf(stderr, "multiaz: %s\n", error.detail.c_str());
  return error.code == Code::kInvalid || error.code == Code::kDenied ? kExitBadInput
                                                                     : kExitNotApplied;
}

// Stops instances, waits, and continues the same ones: by then "db:primary" may be another
// instance.
static rt::Task<int> stop_for(Options options, uint64_t for_ms) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  nlohmann::json body;
  body["target"] = options.target;
  const auto stopped = co_await remote.call("/v1/stop", &body);
  if (!stopped) co_return exit_code_of(stopped.error());
  int code = report_hits(options, *stopped, "stop");
  // Also after a Ctrl-C, so that no instance stays stopped because of it.
  rt::Notify tired;
  rt::SignalWatch interrupt(SIGINT, [&tired] { tired.notify_all(); });
  rt::SignalWatch terminate(SIGTERM, [&tired] { tired.notify_all(); });
  (void)co_await tired.wait(for_ms);
  const auto answer = jsonio::parse_object(*stopped);
  const auto hits = answer ? jsonio::array(*answer, "hits") : Error(Code::kCorrupt);
  if (!hits || !*hits) co_return kExitNotApplied;
  for (const nlohmann::json& hit : **hits) {
    const auto id = jsonio::text(hit, "id", "");
    body["target"] = id ? *id : "";
    const auto continued = co_await remote.call("/v1/cont", &body);
    // An instance that was replaced or killed meanwhile is not stopped any more.
    if (continued) code = std::max(code, report_hits(options, *continued, "cont"));
  }
  co_return code;
}

rt::Task<int> verb_signal(Options options) {
  if (!options.duration.empty()) {
    const auto for_ms = parse_duration_ms(options.duration);
    if (!for_ms || options.target == "orchestrator") {
      co_return exit_code_of(
          Error(Code::kInvalid,
                !for_ms ? "--for: '" + options.duration + "' is not a duration like 500ms, 5s or 2m"
                        : "--for cannot be used with the orchestrator, which would have to end the stop itself"));
    }
    co_return co_await stop_for(std::move(options), *for_ms);
  }
  if (options.target == "orchestrator") {
    co_return co_await signal_orchestrator(std::move(options));
  }
  Json body;
  body["target"] = options.target;
  const std::string verb = options.verb;
  co_return co_await order(std::move(options), "/v1/" + verb, std::move(body), verb);
}

rt::Task<int> verb_zone(Options options) {
  Json body;
  body["zone"] = options.zone;
  body["action"] = options.direction;
  Status good = add_duration(body, "for_ms", "--for", options.duration);
  if (good) good = add_duration(body, "delay_ms", "--delay", options.delay);
  if (!good) co_return exit_code_of(good.error());
  const std::string zone = options.zone, direction = options.direction;
  if (direction == "cut" || direction == "slow") {
    const uint64_t for_ms = duration_of(body);
    Placing placing = {"/v1/zone",
                       zone + " " + direction,
                       direction == "cut" ? "cut" : "delay",
                       {zone, "lb", "web", "cache", "db", "control"},
                       for_ms};
    const nlohmann::json plain = body;
    const int code = co_await place_and_prove(std::move(options), std::move(placing), plain);
    co_return code;
  }
  const bool quiet = direction != "down" && !options.json;
  const std::string words = direction == "heal" ? ": heal\n"
                            : direction == "up" ? " is up\n"
                                                : ": traffic " + direction + "ed\n";
  const int code = co_await order(std::move(options), "/v1/zone", std::move(body), "kill");
  if (quiet && code == kExitOk) print(zone + words);
  co_return code;
}

rt::Task<int> verb_fault(Options options) {
  Json body;
  body["kind"] = options.fault == "cut" && options.one_way ? "cut_one_way" : options.fault;
  body["a"] = options.a;
  if (!options.b.empty()) body["b"] = options.b;
  if (options.amount > 0) body["amount"] = options.amount;
  if (options.percent > 0) body["percent"] = options.percent;
  if (!options.point.empty()) body["point"] = options.point;
  body["owner"] = "command line";
  Status good = add_duration(body, "for_ms", "--for", options.duration);
  if (good) good = add_duration(body, "delay_ms", "--delay", options.delay);
  if (good) good = add_duration(body, "jitter_ms", "--jitter", options.jitter);
  if (!good) co_return exit_code_of(good.error());
  if (const FaultKind* kind = find_fault(jsonio::text_or_empty(body["kind"]))) {
    const auto settings = parse_settings(*kind, options.settings);
    if (!settings) co_return exit_code_of(settings.error());
    for (const auto& [key, number] : settings->numbers) body[key] = number;
    for (const auto& [key, text] : settings->texts) body[key] = text;
  }
  Placing placing = {"/v1/fault",
                     options.fault + " " + options.a + (options.b.empty() ? "" : " " + options.b),
                     jsonio::text_or_empty(body["kind"]),
                     {options.a},
                     duration_of(body)};
  if (!options.b.empty()) placing.targets.push_back(options.b);
  const nlohmann::json plain = body;
  const int code = co_await place_and_prove(std::move(options), std::move(placing), plain);
  co_return code;
}

rt::Task<int> verb_heal(Options options) {
  Json body;
  body["id"] = options.id.empty() ? "all" : options.id;
  const int code = co_await order(std::move(options), "/v1/heal", std::move(body), "heal");
  co_return code;
}

rt::Task<int> verb_failover(Options options) {
  auto folder = find_cluster(options.name);
  if (!folder) co_return complain(folder.error());
  Remote remote(std::move(*folder));
  nlohmann::json body;
  body["group"] = options.group;
  body["to"] = options.to;
  if (options.force) body["force"] = true;
  const auto text = co_await remote.call("/v1/failover", &body);
  if (!text) co_return exit_code_of(text.error());
  const auto answer = object_of(*text);
  if (!answer) co_return complain(answer.error());
  const auto said = jsonio::text(*answer, "text", "done");
  print(options.json ? *text : (said ? *said : "done") + "\n");
  co_return kExitOk;
}

}  // namespace multiaz::cli
