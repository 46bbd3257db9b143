#include "awsapi/node.h"

#include <zlib.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "awsapi/dynamodb/fault.h"
#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/core/random.h"
#include "base/rt/loop.h"
#include "base/rt/sync.h"
#include "clients/source_address.h"

namespace multiaz::awsapi {

namespace {

using nlohmann::json;

constexpr std::string_view kDynamoTarget = "DynamoDB_20120810.";
constexpr const char* kDynamoNamespace = "com.amazonaws.dynamodb.v20120810#";
constexpr const char* kAmzJson = "application/x-amz-json-1.0";
constexpr uint64_t kRequestMs = 4000;
constexpr uint64_t kRetryMs = 100;
constexpr size_t kBodyBytesMax = 17u << 20;  // for a batch of 16 MB
constexpr size_t kPrimaryConnections = 8, kReplicaConnections = 4;

clients::DbPoolConfig pool(const agent::DaemonOptions& options, std::string name, std::string url,
                           size_t connections) {
  clients::DbPoolConfig config;
  config.name = std::move(name);
  config.target.url = std::move(url);
  config.target.application = options.id;
  config.target.self = options.self;
  config.connections_max = connections;
  return config;
}

std::optional<clients::DbPoolConfig> replica_pool(const agent::DaemonOptions& options,
                                                  const NodeOptions& extra) {
  if (extra.database_replica_url.empty()) return std::nullopt;
  return pool(options, "replica", extra.database_replica_url, kReplicaConnections);
}

bool asks_health(const http::Request& request) {
  return request.path == "/health" && (request.method == "GET" || request.method == "HEAD");
}

http::ServerConfig server_config(
    std::function<std::optional<http::Response>(const http::Request&)> admit) {
  http::ServerConfig config;
  config.admit = std::move(admit);
  config.body_bytes_max = kBodyBytesMax;
  config.server_name = "Server";
  return config;
}

http::Response amz_response(int status, const json& body) {
  std::string text = jsonio::dump(body);
  // The CRC-32 of IEEE 802.3, which SDKs compare with this header.
  const auto crc = crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  http::Response response(status, std::move(text), kAmzJson);
  response.headers.set("x-amzn-RequestId", secret_hex(16));
  response.headers.set("x-amz-crc32", std::to_string(crc));
  return response;
}

http::Response fault_response(const dynamodb::Fault& why) {
  json body = why.extra ? *why.extra : json::object();
  body["__type"] = kDynamoNamespace + why.type;
  body["message"] = why.message;
  return amz_response(why.status, body);
}

}  // namespace

Node::Node(agent::DaemonOptions options, NodeOptions extra)
    : options_(std::move(options)),
      extra_(std::move(extra)),
      db_(pool(options_, "database", extra_.database_url, kPrimaryConnections),
          replica_pool(options_, extra_)),
      store_(db_),
      dynamodb_{store_},
      server_(server_config([this](const http::Request& head) { return refuse_early(head); }),
              [this](http::Request request) { return handle(std::move(request)); }) {}

rt::Task<int> Node::run() {
  auto listener = rt::Listener::bind(options_.self);
  if (!listener) co_return agent::bad_start(options_, listener.error());
  const rt::Address listening = (*listener)->address();
  server_.listen(std::move(*listener));
  if (options_.control) clients::connect_from(options_.self.ip);
  rt::Nursery nursery;
  db_.start(nursery);
  nursery.spawn("prepare", prepare(nursery.stopping()));
  if (options_.control) {
    agent::AgentHandlers handlers;
    handlers.status = [this] { return status(); };
    agent_ = std::make_unique<agent::Agent>(agent::agent_config(options_, "awsapi"), handlers);
    nursery.spawn("agent", agent_->run(nursery.stopping()));
  }
  const auto drain = [this] {
    draining_ = true;
    server_.drain();
  };
  const rt::SignalWatch on_term(SIGTERM, drain);
  const rt::SignalWatch on_int(SIGINT, drain);
  agent::print_ready(options_, "awsapi", listening);
  co_await server_.join();
  nursery.stop();
  co_await nursery.join();
  co_return 0;
}

rt::Task<void> Node::prepare(rt::Stop& stop) {
  while (!stop.requested()) {
    const Nanos until = monotonic_now() + kRequestMs * kMillisecond;
    const dynamodb::Done made = co_await dynamodb_.store.ensure_tables(until);
    ready_ = made.ok();
    if (ready_) break;
    (void)co_await rt::sleep_ms(kRetryMs, stop);
  }
  if (agent_) agent_->report_now();
  co_await sweep(stop);
}

rt::Task<void> Node::sweep(rt::Stop& stop) {
  while (!stop.requested()) {
    (void)co_await rt::sleep_ms(kSweepEveryMs, stop);
    const Nanos until = monotonic_now() + kRequestMs * kMillisecond;
    const auto gone = co_await dynamodb_.store.sweep(until);
    if (gone) expired_ += static_cast<uint64_t>(*gone);
  }
}

int64_t Node::wall_ms() const {
  return extra_.wall_now_ms ? extra_.wall_now_ms() : static_cast<int64_t>(wall_now_ms());
}

std::optional<http::Response> Node::refuse_early(const http::Request& head) {
  if (asks_health(head)) return std::nullopt;
  const dynamodb::Done likely = plausible(extra_.auth, head, wall_ms());
  if (likely) return std::nullopt;
  ++requests_;
  return fault_response(likely.error());
}

rt::Task<http::Response> Node::handle(http::Request request) {
  ++requests_;
  if (asks_health(request)) {
    co_return http::json_response(ready_ && !draining_ ? 200 : 503, "{}\n");
  }
  const dynamodb::Done allowed = proven(extra_.auth, request, wall_ms());
  if (!allowed) co_return fault_response(allowed.error());
  http::Response response;
  if (request.header("X-Amz-Target").starts_with(kDynamoTarget) && request.method == "POST") {
    response = co_await dynamodb_call(std::move(request));
  } else {
    response = fault_response(
        dynamodb::fault("UnknownOperationException",
                        "POST with X-Amz-Target: DynamoDB_20120810.OPERATION is what "
                        "this endpoint understands"));
  }
  if (response.status >= 500) ++errors_;
  co_return response;
}

rt::Task<http::Response> Node::dynamodb_call(http::Request request) {
  const std::string name(request.header("X-Amz-Target").substr(kDynamoTarget.size()));
  const Nanos until = monotonic_now() + kRequestMs * kMillisecond;
  const dynamodb::Answer answer =
      co_await dynamodb::answer(dynamodb_, name, std::move(request.body), until);
  if (!answer) co_return fault_response(answer.error());
  co_return amz_response(200, *answer);
}

wire::StatusReport Node::status() const {
  wire::StatusReport report;
  report.state = draining_ ? "draining" : ready_ ? "ready" : "starting";
  report.health = "healthy";
  report.serving = ready_ && !draining_;
  report.counters["requests"] = requests_;
  report.counters["errors"] = errors_;
  report.counters["expired_items"] = expired_;
  report.counters["connections"] = server_.connections();
  return report;
}

}  // namespace multiaz::awsapi
