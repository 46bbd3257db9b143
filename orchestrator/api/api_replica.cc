// Routes of the databases and caches, in the words of RDS and ElastiCache.
#include <nlohmann/json.hpp>

#include "orchestrator/api/api.h"
#include "orchestrator/shell/replicas.h"

namespace multiaz::orchestrator {

rt::Task<http::Response> get_databases(Api& api, http::Request) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  const Views& views = api.cluster.views();
  for (const PlannedGroup& group : api.cluster.plan().groups) {
    for (const GroupMember& member : group.members) {
      const auto found = api.cluster.instances().find(member.id);
      if (found == api.cluster.instances().end()) continue;
      const Instance& one = found->second;
      nlohmann::ordered_json item;
      item["id"] = member.id;
      item["group"] = group.name;
      item["zone"] = member.zone;
      item["status"] = aws_status(api.cluster, one);
      item["role"] = role_of(api.cluster.plan(), views, member.id);
      const auto lag_ms = lag_ms_of(api.cluster.instances(), views, one);
      item["lag_ms"] = lag_ms ? nlohmann::ordered_json(*lag_ms) : nlohmann::ordered_json();
      out.push_back(std::move(item));
    }
  }
  co_return api_json(out);
}

rt::Task<http::Response> post_modify(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto group = text_of(*body, "group", nullptr);
  if (!group) co_return api_error(group.error());
  const auto key = text_of(*body, "key", nullptr);
  if (!key) co_return api_error(key.error());
  const auto value = number_of(*body, "value", 0, INT64_MAX);
  if (!value) co_return api_error(value.error());
  const auto done = co_await modify_group(api.cluster, *group, *key, static_cast<int64_t>(*value));
  if (!done) co_return api_error(done.error());
  nlohmann::ordered_json out;
  out["ok"] = true;
  out["text"] = *done;
  co_return api_json(out);
}

rt::Task<http::Response> post_replica(Api& api, http::Request request) {
  const auto body = body_of(request);
  if (!body) co_return api_error(body.error());
  const auto action = text_of(*body, "action", nullptr);
  if (!action) co_return api_error(action.error());
  const auto id = text_of(*body, "id", "");
  if (!id) co_return api_error(id.error());
  Result<std::string> done =
      Error(Code::kInvalid, "\"action\" is add, remove or promote, not '" + *action + "'");
  if (*action == "add") {
    const auto group = text_of(*body, "group", nullptr);
    if (!group) co_return api_error(group.error());
    const auto zone = text_of(*body, "zone", "");
    if (!zone) co_return api_error(zone.error());
    done = add_replica(api.cluster, *group, *zone);
  } else if (*action == "remove") {
    const Status removed = remove_replica(api.cluster, *id);
    if (!removed) co_return api_error(removed.error());
    done = *id;
  } else if (*action == "promote") {
    done = co_await promote_replica(api.cluster, *id);
  }
  if (!done) co_return api_error(done.error());
  nlohmann::ordered_json out;
  out["ok"] = true;
  out["text"] = *done;
  co_return api_json(out);
}

}  // namespace multiaz::orchestrator
