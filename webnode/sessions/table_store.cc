// Sessions in a DynamoDB table: one item per session, one attribute per line, so that two instances
// can change two lines at the same time. AWS's own service accepts the same requests.
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/http/client.h"
#include "base/rt/sync.h"
#include "base/wire/sigv4.h"
#include "webnode/sessions/store.h"

namespace multiaz::webnode {

namespace {

using nlohmann::json;

constexpr const char* kTable = "sessions";
constexpr const char* kLinePrefix = "line:";
constexpr uint64_t kRetryMs = 30;
constexpr uint64_t kCallMs = 1500;  // after so long the call is tried again

json text_value(const std::string& text) {
  return {{"S", text}};
}

json key_of(const std::string& session_id) {
  return {{"id", text_value(session_id)}};
}

std::string expires_at(int64_t ttl_s) {
  return std::to_string(static_cast<int64_t>(wall_now_ms()) / 1000 + ttl_s);
}

// Reads a value with checks, because another program may have written it.
std::string text_of(const json& value) {
  const json* text = jsonio::find(value, "S");
  return text ? jsonio::text_or_empty(*text) : std::string();
}

json item_in(const json& answer, const char* key) {
  const auto item = jsonio::object(answer, key);
  return item ? **item : json::object();
}

std::optional<User> user_in(const json& item) {
  const json* user = jsonio::find(item, "user");
  return user ? read_user(text_of(*user)) : std::nullopt;
}

std::vector<StoredLine> lines_in(const json& item) {
  std::vector<StoredLine> out;
  const std::string_view prefix = kLinePrefix;
  for (auto one = item.begin(); one != item.end(); ++one) {
    if (one.key().starts_with(prefix))
      out.push_back({one.key().substr(prefix.size()), text_of(*one)});
  }
  return out;
}

class TableStore : public SessionStore {
 public:
  explicit TableStore(TableConfig config)
      : config_(std::move(config)), client_(client_config(config_)) {}
  std::string_view name() const override { return "table"; }

  rt::Task<Result<std::optional<User>>> user(SessionAt& at, Nanos until) override {
    const Result<json> item = co_await load(at.id, until);
    if (!item) co_return item.error();
    co_return user_in(*item);
  }

  rt::Task<Result<std::vector<StoredLine>>> lines(SessionAt& at, Nanos until) override {
    const Result<json> item = co_await load(at.id, until);
    if (!item) co_return item.error();
    co_return lines_in(*item);
  }

  rt::Task<Result<GlanceFacts>> glance(SessionAt& at, Nanos until) override {
    const Result<json> item = co_await load(at.id, until);
    if (!item) co_return item.error();
    GlanceFacts facts;
    facts.user = user_in(*item);
    facts.lines = static_cast<int64_t>(lines_in(*item).size());
    co_return facts;
  }

  rt::Task<Result<std::optional<std::string>>> find_line(SessionAt& at, std::string line,
                                                         Nanos until) override {
    const Result<json> item = co_await load(at.id, until);
    if (!item) co_return item.error();
    std::optional<std::string> text;
    const std::string name = kLinePrefix + line;
    if (const json* found = jsonio::find(*item, name)) text = text_of(*found);
    co_return text;
  }

  rt::Task<Result<PutNew>> put_new_line(SessionAt& at, StoredLine line, Nanos until) override {
    json request = update(at.id, "SET #l = :l, expires = :e");
    request["ConditionExpression"] = "attribute_not_exists(#l) OR #l = :l";
    request["ExpressionAttributeNames"] = {{"#l", kLinePrefix + line.line}};
    request["ExpressionAttributeValues"][":l"] = text_value(line.text);
    request["ReturnValues"] = "ALL_NEW";
    request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD";
    const Result<json> answer = co_await call("UpdateItem", request, until);
    if (!answer) co_return answer.error();
    PutNew out;
    out.created = answer->contains("Attributes");
    const json item = item_in(*answer, out.created ? "Attributes" : "Item");
    if (const json* found = jsonio::find(item, kLinePrefix + line.line))
      out.stored = text_of(*found);
    out.lines = static_cast<int64_t>(lines_in(item).size());
    co_return out;
  }

  rt::Task<Status> put_line(SessionAt& at, StoredLine line, Nanos until) override {
    json request = update(at.id, "SET #l = :l, expires = :e");
    request["ExpressionAttributeNames"] = {{"#l", kLinePrefix + line.line}};
    request["ExpressionAttributeValues"][":l"] = text_value(line.text);
    const Result<json> answer = co_await call("UpdateItem", request, until);
    if (!answer) co_return answer.error();
    co_return Status();
  }

  rt::Task<Result<int64_t>> remove_lines(SessionAt& at, std::vector<std::string> lines,
                                         Nanos until) override {
    std::string names;
    json request = update(at.id, "");
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::string name = "#l" + std::to_string(i);
      request["ExpressionAttributeNames"][name] = kLinePrefix + lines[i];
      names += (names.empty() ? "" : ", ") + name;
    }
    request["UpdateExpression"] = "SET expires = :e REMOVE " + names;
    request["ReturnValues"] = "ALL_OLD";
    const Result<json> answer = co_await call("UpdateItem", request, until);
    if (!answer) co_return answer.error();
    const json before = item_in(*answer, "Attributes");
    int64_t removed = 0;
    for (const std::string& line : lines)
      removed += jsonio::find(before, kLinePrefix + line) ? 1 : 0;
    co_return removed;
  }

  rt::Task<Status> change_id(SessionAt& at, std::string new_id, std::optional<User> user,
                             Nanos until) override {
    const Result<json> item = co_await load(at.id, until);
    if (!item) co_return item.error();
    json moved = key_of(new_id);
    for (const StoredLine& one : lines_in(*item))
      moved[kLinePrefix + one.line] = text_value(one.text);
    if (user) moved["user"] = text_value(write_user(*user));
    moved["expires"] = {{"N", expires_at(kSessionTtlS)}};
    const json put = {{"TableName", kTable}, {"Item", moved}};
    const Result<json> made = co_await call("PutItem", put, until);
    if (!made) co_return made.error();
    json request = update(at.id, "SET expires = :e REMOVE #u");
    request["ExpressionAttributeNames"] = {{"#u", "user"}};
    request["ExpressionAttributeValues"][":e"] = {{"N", expires_at(kOldCartTtlS)}};
    const Result<json> left = co_await call("UpdateItem", request, until);
    if (!left) co_return left.error();
    at.id = std::move(new_id);
    co_return Status();
  }

 private:
  static http::ClientConfig client_config(const TableConfig& config) {
    http::ClientConfig out;
    out.from.ip = config.from.ip;
    return out;
  }

  static json update(const std::string& session_id, const std::string& expression) {
    json out = {{"TableName", kTable}, {"Key", key_of(session_id)}};
    out["UpdateExpression"] = expression;
    out["ExpressionAttributeValues"][":e"] = {{"N", expires_at(kSessionTtlS)}};
    return out;
  }

  // An empty object means that there is no such session.
  rt::Task<Result<json>> load(std::string session_id, Nanos until) {
    const json request = {
        {"TableName", kTable}, {"Key", key_of(session_id)}, {"ConsistentRead", true}};
    Result<json> answer = co_await call("GetItem", request, until);
    if (!answer) co_return answer.error();
    co_return item_in(*answer, "Item");
  }

  // A failed condition is an answer, and its body is returned. Every request here is safe to send
  // twice.
  rt::Task<Result<json>> call(std::string operation, json body, Nanos until) {
    bool in_doubt = false;
    while (monotonic_now() < until) {
      const auto response = co_await send(operation, jsonio::dump(body), until);
      const int status = response ? response->status : 0;
      auto answer = jsonio::parse_object(response ? std::string_view(response->body) : "{}");
      if (status == 200 && answer) co_return std::move(*answer);
      const json* named = answer ? jsonio::find(*answer, "__type") : nullptr;
      const std::string type = named ? jsonio::text_or_empty(*named) : std::string();
      if (type.ends_with("#ConditionalCheckFailedException")) co_return std::move(*answer);
      if (type.ends_with("#ResourceNotFoundException")) {
        co_await create_table(until);
      } else if (status == 400) {
        log::warn("the table's service refused a request: " + response->body);
        const bool size = response->body.find("Item size") != std::string::npos;
        co_return Error(size ? Code::kConflict : Code::kInternal, type);
      }
      in_doubt = in_doubt || (!response && !http::definite(response.error())) || status >= 500;
      (void)co_await rt::sleep_ms(kRetryMs);
    }
    if (in_doubt) co_return Error(Code::kTimeout, "the table's service did not answer");
    co_return Error(Code::kUnavailable, "the table's service is away");
  }

  rt::Task<Result<http::Response>> send(std::string operation, std::string body, Nanos until) {
    http::Request request("POST", "/", body);
    wire::sigv4::ToSign what;
    const std::string date = wire::sigv4::date_text(wall_now_ms());
    what.method = "POST";
    what.headers.emplace_back("Host", config_.host);
    what.headers.emplace_back("X-Amz-Date", date);
    what.headers.emplace_back("X-Amz-Target", "DynamoDB_20120810." + operation);
    what.body = body;
    for (const auto& [name, value] : what.headers) request.headers.set(name, value);
    request.headers.set("Content-Type", "application/x-amz-json-1.0");
    request.headers.set("Authorization",
                        wire::sigv4::authorization(config_.credentials, what, date));
    const uint64_t left_ms = until > monotonic_now() ? (until - monotonic_now()) / kMillisecond : 1;
    auto response =
        co_await client_.fetch(config_.address, std::move(request), std::min(left_ms, kCallMs));
    co_return response;
  }

  // Called by the instance that needs the table first; for the others AWS reports that it exists.
  rt::Task<void> create_table(Nanos until) {
    const json key = {{"AttributeName", "id"}, {"KeyType", "HASH"}};
    const json attribute = {{"AttributeName", "id"}, {"AttributeType", "S"}};
    json table = {{"TableName", kTable}, {"BillingMode", "PAY_PER_REQUEST"}};
    table["KeySchema"].push_back(key);
    table["AttributeDefinitions"].push_back(attribute);
    (void)co_await send("CreateTable", jsonio::dump(table), until);
    const json ttl = {
        {"TableName", kTable},
        {"TimeToLiveSpecification", {{"AttributeName", "expires"}, {"Enabled", true}}}};
    (void)co_await send("UpdateTimeToLive", jsonio::dump(ttl), until);
  }

  TableConfig config_;
  http::Client client_;
};

}  // namespace

std::unique_ptr<SessionStore> make_table_store(TableConfig config) {
  return std::make_unique<TableStore>(std::move(config));
}

}  // namespace multiaz::webnode
