#include "chaos/cluster.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"
#include "base/core/paths.h"
#include "base/rt/process.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

// As patient as a person at the command line: an order that is given up may be carried out all the
// same by a control plane that is only slow, and then the record says "did not" of what was done.
constexpr uint64_t kApiTimeoutMs = 10'000;
constexpr const char* kPrinted = "what `up --json` printed";

Error unreadable(const std::string& what, const std::string& why) {
  return Error(Code::kInternal, what + " is not as expected: " + why);
}

using jsonio::count_in, jsonio::flag_in, jsonio::text_in;

Instance instance_of(const Json& one) {
  Instance out;
  out.id = text_in(one, "id");
  out.tier = text_in(one, "tier");
  out.zone = text_in(one, "zone");
  out.role = text_in(one, "role");
  out.address = text_in(one, "address");
  out.port = static_cast<uint16_t>(count_in(one, "port"));
  out.state = text_in(one, "state");
  out.pid = static_cast<int>(count_in(one, "pid"));
  out.epoch = count_in(one, "epoch");
  return out;
}

Hit hit_of(const Json& one) {
  Hit out;
  out.id = text_in(one, "id");
  out.pid = static_cast<int>(count_in(one, "pid"));
  out.at = count_in(one, "t_ns");
  out.verified = flag_in(one, "verified");
  return out;
}

Result<std::vector<Hit>> hits_of(const std::string& body) {
  const auto answer = jsonio::parse_object(body);
  if (!answer) return unreadable("the fault's answer", answer.error().detail);
  const Json* hits = jsonio::find(*answer, "hits");
  if (!hits || !hits->is_array()) return unreadable("the fault's answer", body);
  std::vector<Hit> out;
  for (const Json& one : *hits) out.push_back(hit_of(one));
  return out;
}

// Of "scheme://host:port/more".
Result<rt::Address> address_in(const std::string& url) {
  const size_t from = url.find("//") + 2;
  if (from < 2) return Error(Code::kInvalid, "no URL: " + url);
  return rt::parse_address(url.substr(from, url.find('/', from) - from));
}

}  // namespace

Status Cluster::read_summary(const std::string& output) {
  const size_t start = output.rfind("\n{");
  summary_ = output.substr(start == std::string::npos ? output.find('{') : start + 1);
  const auto summary = jsonio::parse_object(summary_);
  if (!summary) return unreadable(kPrinted, summary.error().detail);
  std::string api_url;
  jsonio::Fields<Json> in(*summary);
  in.need("run_dir", run_dir_).need("token", token_).need("api", api_url);
  in.may("start_ms", start_ms_);  // of `up` only
  jsonio::Fields<Json> pids(jsonio::members_in(*summary, "pids"));
  pids.need("supervisor", supervisor_pid_);
  for (const auto& status : {in.status(), pids.status()}) {
    if (!status) return unreadable(kPrinted, status.error().detail);
  }
  for (const auto& [name, url] : jsonio::members_in(*summary, "endpoints").items()) {
    if (url.is_string()) endpoints_[name] = jsonio::text_or_empty(url);
  }
  shop_url_ = endpoint("shop");
  const auto api = address_in(api_url);
  const auto shop = address_in(shop_url_);
  if (!api || !shop) return unreadable("the endpoints", summary_);
  api_ = *api;
  shop_ = *shop;
  return Status();
}

std::optional<rt::Address> Cluster::address_of(const std::string& endpoint_name) const {
  const auto address = address_in(endpoint(endpoint_name));
  return address ? std::optional(*address) : std::nullopt;
}

rt::Task<Result<std::unique_ptr<Cluster>>> Cluster::up(UpOptions options) {
  auto cluster = std::make_unique<Cluster>();
  cluster->options_ = options;
  std::vector<std::string> argv = {program_folder() + "/multiaz", "up"};
  if (!options.file.empty()) argv.push_back(options.file);
  for (const char* flag : {"--json", "--wait", "healthy", "--name"}) argv.push_back(flag);
  argv.push_back(options.name);
  for (const auto& [flag, value] :
       {std::pair<std::string, std::string>{"--profile", options.profile},
        {"--bug", options.bug},
        {"--cache-engine", options.engines.cache},
        {"--db-engine", options.engines.db},
        {"--die-with", options.keep ? "" : std::to_string(getpid())}}) {
    if (!value.empty()) argv.insert(argv.end(), {flag, value});
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

rt::Task<Result<std::unique_ptr<Cluster>>> Cluster::attach(std::string name) {
  auto cluster = std::make_unique<Cluster>();
  std::vector<std::string> argv = {program_folder() + "/multiaz", "describe", "--json"};
  if (!name.empty()) argv.insert(argv.end(), {"--name", name});
  auto described = co_await run_command(argv);
  if (!described) co_return described.error();
  if (described->exit_code != 0) co_return Error(Code::kNotFound, described->output);
  const Status read = cluster->read_summary(described->output);
  if (!read) co_return read.error();
  const auto summary = jsonio::parse_object(cluster->summary_);
  cluster->options_.name = summary ? text_in(*summary, "name") : "";
  cluster->options_.keep = true;
  co_return Result<std::unique_ptr<Cluster>>(std::move(cluster));
}

rt::Task<Status> Cluster::down() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "down", "--name", options_.name};
  auto stopped = co_await run_command(argv);
  if (!stopped) co_return stopped.error();
  if (stopped->exit_code != 0) co_return Error(Code::kInternal, stopped->output);
  if (path_exists(run_dir_)) {
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

rt::Task<Result<std::vector<std::string>>> Cluster::resolve(std::string target) {
  if (!control_runs()) co_return last_named(target);
  auto body = co_await call("GET", "/v1/resolve?target=" + target, "");
  if (!body) co_return body.error();
  const auto answer = jsonio::parse(*body);
  std::vector<std::string> out;
  for (const Json& id : answer ? *answer : Json()) {
    if (id.is_string()) out.push_back(jsonio::text_or_empty(id));
  }
  named_[target] = out;
  co_return out;
}

rt::Task<std::map<std::string, uint64_t>> Cluster::counters(std::string id) {
  std::map<std::string, uint64_t> out;
  auto body = co_await call("GET", "/v1/instances/" + id, "");
  if (!body) co_return out;
  const auto one = jsonio::parse_object(*body);
  if (!one) co_return out;
  const Json& counters = jsonio::members_in(*one, "counters");
  for (const auto& [name, value] : counters.items()) {
    if (value.is_number_unsigned()) out[name] = count_in(counters, name);
  }
  co_return out;
}

std::string Cluster::endpoint(const std::string& name) const {
  const auto found = endpoints_.find(name);
  return found == endpoints_.end() ? "" : found->second;
}

std::vector<int> Cluster::processes() const {
  const std::string self = std::to_string(supervisor_pid_);
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  std::vector<int> out;
  for (int pid = 0; children >> pid;) out.push_back(pid);
  return out;
}

int Cluster::orchestrator_now() const {
  for (const int pid : processes()) {
    std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
    std::string name;
    comm >> name;
    if (name == "orchestrator" && !rt::process_gone(pid)) return pid;
  }
  return 0;
}

rt::Task<Result<std::vector<Instance>>> Cluster::instances() {
  if (!control_runs() && !known_.empty()) co_return known_;
  auto body = co_await call("GET", "/v1/instances", "");
  if (!body) co_return body.error();
  std::vector<Instance> out;
  const auto list = jsonio::parse(*body);
  if (!list || !list->is_array()) co_return unreadable("/v1/instances", *body);
  for (const Json& one : *list) out.push_back(instance_of(one));
  known_ = out;
  co_return out;
}

rt::Task<Health> Cluster::health() {
  auto body = co_await call("GET", "/v1/health", "");
  Health out;
  if (!body) {
    out.reasons = body.error().text();
    co_return out;
  }
  const auto answer = jsonio::parse_object(*body);
  if (!answer) co_return out;
  out.healthy = flag_in(*answer, "healthy");
  for (const Json& reason : jsonio::items_in(*answer, "reasons")) {
    out.reasons += (out.reasons.empty() ? "" : "; ") + jsonio::shown(reason);
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
    const auto read = jsonio::parse_object(std::string_view(*body).substr(from, end - from));
    from = end + 1;
    if (!read) continue;
    const Json& one = *read;
    Event event;
    event.seq = count_in(one, "seq");
    event.at = count_in(one, "t_ns");
    event.kind = text_in(one, "kind");
    event.source = text_in(one, "source");
    event.target = text_in(one, "target");
    event.text = text_in(one, "text");
    out.push_back(std::move(event));
  }
  co_return out;
}

rt::Task<uint64_t> Cluster::memory_mb() {
  std::vector<std::string> argv = {program_folder() + "/multiaz", "stats", "--json", "--name",
                                   options_.name};
  auto stats = co_await run_command(argv);
  if (!stats) co_return 0;
  const auto answer = jsonio::parse(stats->output);
  co_return answer ? static_cast<uint64_t>(jsonio::number_in(*answer, "memory_mb") + 0.5) : 0;
}

rt::Task<Result<std::vector<Hit>>> Cluster::signal(std::string verb, std::string target) {
  if (!control_runs()) {
    auto hits = co_await signal_by_hand(std::move(verb), std::move(target));
    co_return hits;
  }
  Json body;
  body["target"] = target;
  auto answer = co_await call("POST", "/v1/" + verb, jsonio::dump(body));
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

rt::Task<Result<std::string>> Cluster::cut(std::string a, std::string b, uint64_t for_ms,
                                           std::string owner) {
  Json body;
  body["kind"] = "cut";
  body["a"] = a;
  body["b"] = b;
  body["for_ms"] = for_ms;
  body["owner"] = owner;
  auto id = co_await place(jsonio::dump(body));
  co_return id;
}

rt::Task<Result<std::string>> Cluster::place(std::string order) {
  auto answer = co_await call("POST", "/v1/fault", std::move(order));
  if (!answer) co_return answer.error();
  const auto fault = jsonio::parse_object(*answer);
  if (!fault) co_return unreadable("the fault's answer", *answer);
  co_return text_in(*fault, "id");
}

rt::Task<uint64_t> Cluster::counter(std::string id, std::string name) {
  const auto all = co_await counters(id);
  const auto found = all.find(name);
  co_return found == all.end() ? 0 : found->second;
}

rt::Task<Result<MayConnect>> Cluster::may_connect(std::string from, std::string to, uint16_t port) {
  const std::string query = "?from=" + from + "&to=" + to + "&port=" + std::to_string(port);
  auto answer = co_await call("GET", "/v1/sg/check" + query, "");
  if (!answer) co_return answer.error();
  const auto verdict = jsonio::parse_object(*answer);
  if (!verdict) co_return unreadable("the verdict", *answer);
  MayConnect out;
  out.allowed = flag_in(*verdict, "allowed");
  out.because = text_in(*verdict, "because");
  co_return out;
}

rt::Task<Status> Cluster::failover(std::string group, std::string to) {
  Json body;
  body["group"] = group;
  if (!to.empty()) body["to"] = to;
  auto answer = co_await call("POST", "/v1/failover", jsonio::dump(body));
  if (!answer) co_return answer.error();
  co_return Status();
}

rt::Task<Result<std::vector<Hit>>> Cluster::zone_down(std::string zone, uint64_t for_ms) {
  const auto answer = co_await order_zone(zone, "down", for_ms);
  if (!answer) co_return answer.error();
  co_return hits_of(*answer);
}

rt::Task<Result<std::string>> Cluster::order_zone(std::string zone, std::string action,
                                                  uint64_t for_ms, uint64_t delay_ms) {
  Json body;
  body["zone"] = zone;
  body["action"] = action;
  body["for_ms"] = for_ms;
  body["delay_ms"] = delay_ms;
  auto answer = co_await call("POST", "/v1/zone", jsonio::dump(body));
  co_return answer;
}

}  // namespace multiaz::chaos
