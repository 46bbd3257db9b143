#include "chaos/toolkit/providers.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/core/jsonio.h"
#include "base/http/client.h"
#include "base/rt/process.h"
#include "base/rt/sync.h"

namespace multiaz::chaos {

namespace {

using OutputJson = nlohmann::ordered_json;

constexpr double kProviderTimeoutS = 3600;
constexpr uint64_t kProviderPollMs = 5;
constexpr int kRedirectsMax = 30;
constexpr std::string_view kHttp = "http://";

void fail(Done& done, std::string why) {
  done.status = "failed";
  done.exception = std::move(why);
}

bool is_program(const std::string& path) {
  struct stat seen = {};
  return ::stat(path.c_str(), &seen) == 0 && S_ISREG(seen.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

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

rt::SpawnOptions spawn_options(const Activity& activity, const std::string& program,
                               const std::string& out, const std::string& err) {
  rt::SpawnOptions options;
  // The first shell only redirects stderr. Arguments that are a text are read by a second one.
  if (activity.shell) {
    options.argv = {"/bin/sh", "-c", "exec /bin/sh -c \"$1\" 2>\"$0\"", err,
                    program + " " + activity.arguments.front()};
  } else {
    options.argv = {"/bin/sh", "-c", "exec \"$@\" 2>\"$0\"", err, program};
    options.argv.insert(options.argv.end(), activity.arguments.begin(), activity.arguments.end());
  }
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
  const auto program = find_program(activity.path);
  if (!program) {
    co_return fail(done, program.error().detail);
  }
  const rt::SpawnOptions options = spawn_options(activity, *program, stem + ".out", stem + ".err");
  std::optional<rt::ExitReport> ended;
  pid_t pid = -1;
  rt::Reaper reaper([&](const rt::ExitReport& report) {
    if (report.pid == pid) ended = report;
  });
  const auto spawned = rt::spawn_process(options);
  if (!spawned) {
    co_return fail(done, spawned.error().detail);
  }
  pid = *spawned;
  const Nanos limit = monotonic_now() + timeout_ms(activity) * kMillisecond;
  while (!ended && monotonic_now() < limit) {
    co_await rt::sleep_ms(kProviderPollMs);
    reaper.poll();
  }
  if (!ended) {
    ::kill(pid, SIGKILL);
    fail(done, activity.path + " did not end in time");
  }
  const int status = !ended ? -1 : ended->signal != 0 ? -ended->signal : ended->exit_code;
  done.output = jsonio::dump(OutputJson{{"status", status},
                                        {"stdout", take_file(stem + ".out")},
                                        {"stderr", take_file(stem + ".err")}});
}

// The parts of "http://host:port/path": the address, the Host header, the target.
struct HttpPlace {
  rt::Address to;
  std::string host, target;
};

Result<HttpPlace> place_of(const std::string& url) {
  if (!url.starts_with(kHttp)) return Error(Code::kInvalid, url + ": http:// is needed");
  HttpPlace out;
  const std::string rest = url.substr(kHttp.size(), url.find('#') - kHttp.size());
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  out.host = rest.substr(0, slash);
  out.target = rest.substr(slash);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  std::string address = out.host;
  if (address.starts_with("localhost")) address.replace(0, 9, "127.0.0.1");
  const auto to = rt::parse_address(address, 80);
  if (!to) {
    return Error(Code::kInvalid, url + ": an address is needed, names are not looked up");
  }
  out.to = *to;
  return out;
}

// The target of a redirect; "" when the answer is none. A form is repeated as a GET, as in Chaos
// Toolkit.
std::string sent_on(const http::Response& answer, Activity& activity) {
  const int status = answer.status;
  const bool moved =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  const auto location = answer.headers.find("Location");
  if (!moved || !location) return "";
  const bool keeps = status == 307 || status == 308 || activity.method == "HEAD";
  if (!keeps && (status != 301 || activity.method == "POST")) {
    activity.method = "GET";
    activity.body.clear();
  }
  std::string to(*location);
  if (to.starts_with("/")) {
    to = activity.url.substr(0, activity.url.find_first_of("/?", kHttp.size())) + to;
  }
  return to;
}

void take_answer(const http::Response& answer, const Activity& activity, Done& done) {
  OutputJson output;
  output["status"] = answer.status;
  output["headers"] = OutputJson::object();
  for (const auto& header : answer.headers) output["headers"][header.name] = header.value;
  output["body"] = answer.body;
  if (answer.headers.find("Content-Type") == "application/json") {
    auto body = jsonio::parse<OutputJson>(answer.body);
    if (body) output["body"] = std::move(*body);
  }
  done.output = jsonio::dump(output);
  if (activity.expected_status != 0 &&
      static_cast<uint64_t>(answer.status) != activity.expected_status) {
    fail(done, "status " + std::to_string(answer.status));
  }
}

rt::Task<void> run_http(Activity activity, Done& done) {
  http::Client client{http::ClientConfig()};
  for (int hops = 0; hops <= kRedirectsMax; ++hops) {
    const auto place = place_of(activity.url);
    if (!place) {
      co_return fail(done, place.error().detail);
    }
    http::Request request(activity.method, place->target, activity.body);
    request.headers.set("Host", place->host);
    for (const auto& [name, value] : activity.headers) request.headers.set(name, value);
    const auto answer = co_await client.fetch(place->to, std::move(request), timeout_ms(activity));
    if (!answer) {
      co_return fail(done, activity.url + ": " + answer.error().text());
    }
    std::string on = sent_on(*answer, activity);
    if (on.empty()) {
      take_answer(*answer, activity, done);
      co_return;
    }
    activity.url = std::move(on);
  }
  fail(done, fmt::format("{}: it was sent on more than {} times", activity.url, kRedirectsMax));
}

}  // namespace

Result<std::string> find_program(const std::string& path) {
  std::string wanted = path;
  const char* home = std::getenv("HOME");
  if (wanted.starts_with("~/") && home != nullptr) wanted.replace(0, 1, home);
  if (wanted.find('/') != std::string::npos) {
    if (is_program(wanted)) return wanted;
    return Error(Code::kNotFound, "\"" + path + "\" is no program that may be run");
  }
  const char* list = std::getenv("PATH");
  std::istringstream folders(list != nullptr ? list : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string whole = (folder.empty() ? "." : folder) + "/" + wanted;
    if (!wanted.empty() && is_program(whole)) return whole;
  }
  return Error(Code::kNotFound, "there is no program \"" + path + "\" in PATH");
}

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
