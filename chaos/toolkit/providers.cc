#include "chaos/toolkit/providers.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/http/client.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

using OutputJson = nlohmann::ordered_json;

constexpr double kProviderTimeoutS = 3600;
constexpr uint64_t kProviderPollMs = 5;

std::string take_file(const std::string& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  ::unlink(path.c_str());
  return text;
}

uint64_t timeout_ms(const Activity& activity) {
  const double seconds = activity.timeout_s > 0 ? activity.timeout_s : kProviderTimeoutS;
  return static_cast<uint64_t>(seconds * 1000);
}

rt::SpawnOptions spawn_options(const Activity& activity, const std::string& out,
                               const std::string& err) {
  rt::SpawnOptions options;
  // The shell only takes stderr apart and finds the program in PATH.
  options.argv = {"/bin/sh", "-c", "exec \"$@\" 2>\"$0\"", err, activity.path};
  options.argv.insert(options.argv.end(), activity.arguments.begin(), activity.arguments.end());
  options.output_path = out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string pair = *entry;
    const size_t equals = pair.find('=');
    if (equals != std::string::npos) options.env[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return options;
}

rt::Task<void> run_process(Activity activity, Done& done) {
  static uint64_t number = 0;
  const std::string stem =
      "/tmp/multiaz-activity-" + std::to_string(getpid()) + "-" + std::to_string(++number);
  const rt::SpawnOptions options = spawn_options(activity, stem + ".out", stem + ".err");
  std::optional<rt::ExitReport> ended;
  pid_t pid = -1;
  rt::Reaper reaper([&](const rt::ExitReport& report) {
    if (report.pid == pid) ended = report;
  });
  const auto spawned = rt::spawn_process(options);
  if (!spawned) {
    done.status = "failed";
    done.exception = spawned.error().detail;
    co_return;
  }
  pid = *spawned;
  const Nanos limit = monotonic_now() + timeout_ms(activity) * kMillisecond;
  while (!ended && monotonic_now() < limit) {
    co_await rt::sleep_ms(kProviderPollMs);
    reaper.poll();
  }
  if (!ended) {
    ::kill(pid, SIGKILL);
    done.status = "failed";
    done.exception = activity.path + " did not end in time";
  }
  OutputJson output;
  output["status"] = ended ? ended->exit_code : -1;
  output["stdout"] = take_file(stem + ".out");
  output["stderr"] = take_file(stem + ".err");
  done.output = output.dump(-1, ' ', false, OutputJson::error_handler_t::replace);
}

rt::Task<void> run_http(Activity activity, Done& done) {
  std::string rest = activity.url.substr(std::string("http://").size());
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string host = rest.substr(0, slash);
  const std::string target = slash == rest.size() ? "/" : rest.substr(slash);
  if (host.starts_with("localhost")) host.replace(0, 9, "127.0.0.1");
  const auto to = rt::parse_address(host, 80);
  if (!to) {
    done.status = "failed";
    done.exception = activity.url + ": an address is needed, names are not looked up";
    co_return;
  }
  http::Request request(activity.method, target, activity.body);
  request.headers.set("Host", host);
  if (!activity.body.empty()) request.headers.set("Content-Type", "application/json");
  for (const auto& [name, value] : activity.headers) request.headers.set(name, value);
  http::Client client{http::ClientConfig()};
  const auto answer = co_await client.fetch(*to, std::move(request), timeout_ms(activity));
  if (!answer) {
    done.status = "failed";
    done.exception = activity.url + ": " + answer.error().text();
    co_return;
  }
  OutputJson output;
  output["status"] = answer->status;
  output["headers"] = OutputJson::object();
  for (const auto& header : answer->headers) output["headers"][header.name] = header.value;
  const OutputJson body = OutputJson::parse(answer->body, nullptr, false);
  output["body"] = body.is_discarded() ? OutputJson(answer->body) : body;
  done.output = output.dump(-1, ' ', false, OutputJson::error_handler_t::replace);
  if (activity.expected_status != 0 &&
      static_cast<uint64_t>(answer->status) != activity.expected_status) {
    done.status = "failed";
    done.exception = "status " + std::to_string(answer->status);
  }
}

}  // namespace

rt::Task<Done> carry_out(Activity activity) {
  Done done;
  if (activity.pause_before_s > 0) {
    co_await rt::sleep_ms(static_cast<uint64_t>(activity.pause_before_s * 1000));
  }
  done.began_ms = wall_now_ms();
  if (activity.provider == "process")
    co_await run_process(activity, done);
  else
    co_await run_http(activity, done);
  done.ended_ms = wall_now_ms();
  if (activity.pause_after_s > 0) {
    co_await rt::sleep_ms(static_cast<uint64_t>(activity.pause_after_s * 1000));
  }
  co_return done;
}

}  // namespace multiaz::chaos
