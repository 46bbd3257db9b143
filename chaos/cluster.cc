#include "chaos/cluster.h"

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

constexpr uint64_t kApiTimeoutMs = 3'000;

Error unreadable(const std::string& what, const std::string& why) {
  return Error(Code::kInternal, what + " is not as expected: " + why);
}

Instance instance_of(const Json& one) {
  Instance out;
  out.id = one.value("id", "");
  out.tier = one.value("tier", "");
  out.zone = one.value("zone", "");
  out.role = one.value("role", "");
  out.address = one.value("address", "");
  out.state = one.value("state", "");
  out.pid = one.value("pid", 0);
  out.epoch = one.value("epoch", uint64_t{0});
  return out;
}

Hit hit_of(const Json& one) {
  Hit out;
  out.id = one.value("id", "");
  out.pid = one.value("pid", 0);
  out.at = one.value("t_ns", uint64_t{0});
  out.verified = one.value("verified", false);
  return out;
}

Result<std::vector<Hit>> hits_of(const std::string& body) {
  try {
    const Json answer = Json::parse(body);
    std::vector<Hit> out;
    for (const Json& one : answer.at("hits")) out.push_back(hit_of(one));
    return out;
  } catch (const Json::exception& error) {
    return unreadable("the fault's answer", error.what());
  }
}

}  // namespace

Status Cluster::read_summary(const std::string& output) {
  const size_t start = output.rfind("\n{");
  summary_ = output.substr(start == std::string::npos ? output.find('{') : start + 1);
  try {
    const Json summary = Json::parse(summary_);
    run_dir_ = summary.at("run_dir").get<std::string>();
    token_ = summary.at("token").get<std::string>();
    start_ms_ = summary.at("start_ms").get<uint64_t>();
    orchestrator_pid_ = summary.at("pids").at("orchestrator").get<int>();
    shop_url_ = summary.at("endpoints").at("shop").get<std::string>();
    const std::string api_url = summary.at("api").get<std::string>();
    const auto host_of = [](const std::string& url) {
      const size_t from = url.find("//") + 2;
      return rt::parse_address(url.substr(from, url.find('/', from) - from));
    };
    const auto api = host_of(api_url);
    const auto shop = host_of(shop_url_);
    if (!api || !shop) return unreadable("the endpoints", summary_);
    api_ = *api;
    shop_ = *shop;
    return Status();
  } catch (const Json::exception& error) {
    return unreadable("what `up --json` printed", error.what());
  }
}

rt::Task<Result<std::unique_ptr<Cluster>>> Cluster::up(UpOptions options) {
  auto cluster = std::make_unique<Cluster>();
  cluster->options_ = options;
  std::vector<std::string> argv = {program_folder() + "/multiaz", "up"};
  if (!options.file.empty()) argv.push_back(options.file);
  for (const char* flag : {"--json", "--wait", "healthy", "--name"}) argv.push_back(flag);
  argv.push_back(options.name);
  argv.push_back("--profile");
  argv.push_back(options.profile);
  if (!options.bug.empty()) {
    argv.push_back("--bug");
    argv.push_back(options.bug);
  }
  if (!options.keep) {
    argv.push_back("--die-with");
    argv.push_back(std::to_string(getpid()));
  }
  auto started = co_await run_command(argv);
  if (!started) co_return started.error();
  if (started->exit_code != 0) {
    const Code code = started->exit_code == 254 ? Code::kInvalid : Code::kUnavailable;
    co_return Error(code, started->output);
  }
  const Status read = cluster->read_summary(started->output);
  if (!read) co_return read.error();
  co_return Result<std::unique_ptr<Cluster>>(std::move(cluster));
}

rt::Task<Status> Cluster::down() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "down", "--name", options_.name};
  auto stopped = co_await run_command(argv);
  if (!stopped) co_return stopped.error();
  if (stopped->exit_code != 0) co_return Error(Code::kInternal, stopped->output);
  std::error_code ignored;
  if (std::filesystem::exists(run_dir_, ignored)) {
    co_return Error(Code::kInternal, run_dir_ + " was left behind");
  }
  co_return Status();
}

rt::Task<Result<std::string>> Cluster::call(std::string method, std::string path,
                                            std::string body) {
  http::Request request(method, path, body);
  request.headers.set("Authorization", "Bearer " + token_);
  request.headers.set("Host", api_.text());
  if (!body.empty()) request.headers.set("Content-Type", "application/json");
  auto response = co_await client_.fetch(api_, std::move(request), kApiTimeoutMs);
  if (!response) co_return response.error();
  if (!response->success()) co_return Error(Code::kConflict, path + ": " + response->body);
  co_return std::move(response->body);
}

rt::Task<Result<std::vector<Instance>>> Cluster::instances() {
  auto body = co_await call("GET", "/v1/instances", "");
  if (!body) co_return body.error();
  std::vector<Instance> out;
  const Json list = Json::parse(*body, nullptr, false);
  if (!list.is_array()) co_return unreadable("/v1/instances", *body);
  for (const Json& one : list) out.push_back(instance_of(one));
  co_return out;
}

rt::Task<Health> Cluster::health() {
  auto body = co_await call("GET", "/v1/health", "");
  Health out;
  if (!body) {
    out.reasons = body.error().text();
    co_return out;
  }
  const Json answer = Json::parse(*body, nullptr, false);
  if (!answer.is_object()) co_return out;
  out.healthy = answer.value("healthy", false);
  if (answer.contains("reasons")) {
    for (const Json& reason : answer["reasons"]) {
      out.reasons += (out.reasons.empty() ? "" : "; ") +
                     (reason.is_string() ? reason.get<std::string>() : reason.dump());
    }
  }
  co_return out;
}

rt::Task<Result<std::vector<Event>>> Cluster::events_since(uint64_t seq) {
  auto body = co_await call("GET", "/v1/events?since=" + std::to_string(seq), "");
  if (!body) co_return body.error();
  std::vector<Event> out;
  size_t from = 0;
  while (from < body->size()) {
    size_t end = body->find('\n', from);
    if (end == std::string::npos) end = body->size();
    const Json one = Json::parse(body->begin() + static_cast<long>(from),
                                 body->begin() + static_cast<long>(end), nullptr, false);
    from = end + 1;
    if (!one.is_object()) continue;
    Event event;
    event.seq = one.value("seq", uint64_t{0});
    event.at = one.value("t_ns", uint64_t{0});
    event.kind = one.value("kind", "");
    event.source = one.value("source", "");
    event.target = one.value("target", "");
    event.text = one.value("text", "");
    out.push_back(std::move(event));
  }
  co_return out;
}

rt::Task<uint64_t> Cluster::memory_mb() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "stats", "--json", "--name",
                                   options_.name};
  auto stats = co_await run_command(argv);
  if (!stats) co_return 0;
  const Json answer = Json::parse(stats->output, nullptr, false);
  if (!answer.is_object() || !answer.contains("memory_mb")) co_return 0;
  co_return static_cast<uint64_t>(answer["memory_mb"].get<double>() + 0.5);
}

rt::Task<Result<std::vector<Hit>>> Cluster::signal(std::string verb, std::string target) {
  Json body;
  body["target"] = target;
  auto answer = co_await call("POST", "/v1/" + verb, body.dump());
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

rt::Task<Result<std::string>> Cluster::cut(std::string a, std::string b, uint64_t for_ms) {
  Json body;
  body["kind"] = "cut";
  body["a"] = a;
  body["b"] = b;
  body["for_ms"] = for_ms;
  body["owner"] = "demo";
  auto answer = co_await call("POST", "/v1/fault", body.dump());
  if (!answer) co_return answer.error();
  const Json fault = Json::parse(*answer, nullptr, false);
  if (!fault.is_object()) co_return unreadable("the fault's answer", *answer);
  co_return fault.value("id", std::string());
}

rt::Task<uint64_t> Cluster::bytes_held(std::string id) {
  const uint64_t bytes = co_await counter(id, "fabric_bytes_held");
  co_return bytes;
}

rt::Task<uint64_t> Cluster::counter(std::string id, std::string name) {
  auto body = co_await call("GET", "/v1/instances/" + id, "");
  if (!body) co_return 0;
  const Json one = Json::parse(*body, nullptr, false);
  if (!one.is_object() || !one.contains("counters")) co_return 0;
  co_return one["counters"].value(name, uint64_t{0});
}

rt::Task<Status> Cluster::failover(std::string group, std::string to) {
  Json body;
  body["group"] = group;
  if (!to.empty()) body["to"] = to;
  auto answer = co_await call("POST", "/v1/failover", body.dump());
  if (!answer) co_return answer.error();
  co_return Status();
}

rt::Task<Result<std::vector<Hit>>> Cluster::zone_down(std::string zone, uint64_t for_ms) {
  Json body;
  body["zone"] = zone;
  body["down"] = true;
  body["for_ms"] = for_ms;
  auto answer = co_await call("POST", "/v1/zone", body.dump());
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

}  // namespace multiaz::chaos
