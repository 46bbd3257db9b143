#include "cli/summary.h"

#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "cli/answer.h"

namespace multiaz::cli {

namespace {

using SummaryJson = nlohmann::ordered_json;

rt::Task<Result<SummaryJson>> read_json(Remote& remote, std::string target) {
  const auto text = co_await remote.get(std::move(target));
  if (!text) co_return text.error();
  co_return object_of(*text);
}

}  // namespace

rt::Task<Result<SummaryJson>> describe_cluster(ClusterFolder folder, Remote& remote) {
  const auto endpoints = co_await read_json(remote, "/v1/endpoints");
  if (!endpoints) co_return endpoints.error();
  const auto cluster = co_await read_json(remote, "/v1/cluster");
  if (!cluster) co_return cluster.error();
  const auto list = co_await remote.get("/v1/instances");
  if (!list) co_return list.error();
  const auto instances = array_of(*list);
  if (!instances) co_return instances.error();
  SummaryJson out;
  out["name"] = folder.name;
  out["run_dir"] = folder.path;
  out["api"] = "http://" + folder.api.text();
  out["token"] = folder.token;
  out["endpoints"] = *endpoints;
  out["pids"] = jsonio::members_in(*cluster, "pids");
  for (const SummaryJson& one : *instances) {
    out["pids"][jsonio::shown(one, "id")] = jsonio::value_in(one, "pid");
  }
  co_return out;
}

}  // namespace multiaz::cli
