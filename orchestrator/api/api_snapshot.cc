// Routes of the snapshots of db and cache.
#include <nlohmann/json.hpp>
#include <optional>

#include "orchestrator/api/api.h"

namespace multiaz::orchestrator {

namespace {

nlohmann::ordered_json described(const Snapshots& snapshots, const SnapshotInfo& one) {
  nlohmann::ordered_json out = snapshot_json(one);
  out["folder"] = snapshots.folder_of(one.name);
  return out;
}

http::Response done(std::string text) {
  nlohmann::ordered_json out;
  out["ok"] = true;
  out["text"] = std::move(text);
  return api_json(out);
}

http::Response done(const Status& status, std::string text) {
  return status.ok() ? done(std::move(text)) : api_error(status.error());
}

struct SnapshotOrder {
  std::string action, group, name, folder;
  uint64_t every_ms = 0, keep = 7;
};

Result<SnapshotOrder> order_of(const http::Request& request) {
  const auto body = body_of(request);
  if (!body) return body.error();
  SnapshotOrder order;
  for (const auto& [key, into] : {std::pair{"action", &order.action},
                                  {"group", &order.group},
                                  {"name", &order.name},
                                  {"folder", &order.folder}}) {
    const auto text = text_of(*body, key, std::string_view(key) == "action" ? nullptr : "");
    if (!text) return text.error();
    *into = *text;
  }
  const auto every = number_of(*body, "every_ms", order.every_ms, kSpanMsMax);
  if (!every) return every.error();
  order.every_ms = *every;
  const auto keep = number_of(*body, "keep", order.keep, kSnapshotsMax);
  if (!keep) return keep.error();
  order.keep = *keep;
  return order;
}

http::Response set_schedule(Api& api, const SnapshotOrder& order) {
  std::optional<SnapshotSchedule> schedule;
  if (order.every_ms != 0) {
    schedule.emplace();
    schedule->every_ms = order.every_ms;
    schedule->keep = static_cast<int64_t>(order.keep);
  }
  return done(api.snapshots.set_schedule(order.group, schedule),
              schedule ? order.group + ": a snapshot every " + std::to_string(order.every_ms) +
                             " ms, the last " + std::to_string(order.keep) + " are kept"
                       : order.group + ": no snapshots on a schedule");
}

}  // namespace

rt::Task<http::Response> get_snapshots(Api& api, http::Request) {
  nlohmann::ordered_json out;
  out["snapshots"] = nlohmann::ordered_json::array();
  for (const auto& [name, one] : api.snapshots.all()) {
    out["snapshots"].push_back(described(api.snapshots, one));
  }
  out["schedules"] = schedules_json(api.snapshots.schedules());
  co_return api_json(out);
}

rt::Task<http::Response> post_snapshot(Api& api, http::Request request) {
  const auto order = order_of(request);
  if (!order) co_return api_error(order.error());
  if (order->action == "create") {
    const auto taken = co_await api.snapshots.take(order->group, order->name, false);
    if (!taken) co_return api_error(taken.error());
    nlohmann::ordered_json out;
    out["ok"] = true;
    out["text"] = taken->name;
    out["snapshot"] = described(api.snapshots, *taken);
    co_return api_json(out);
  }
  if (order->action == "delete") co_return done(api.snapshots.remove(order->name), order->name);
  if (order->action == "restore") {
    const auto restored = co_await api.snapshots.restore(order->name);
    if (!restored) co_return api_error(restored.error());
    co_return done(*restored);
  }
  if (order->action == "export") {
    const Status exported = co_await api.snapshots.export_to(order->name, order->folder);
    co_return done(exported, order->folder);
  }
  if (order->action == "schedule") co_return set_schedule(api, *order);
  co_return api_error(Error(
      Code::kInvalid,
      "\"action\" is create, delete, restore, export or schedule, not '" + order->action + "'"));
}

}  // namespace multiaz::orchestrator
