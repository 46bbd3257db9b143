// Who is planned, as the control plane says it.
#include <nlohmann/json.hpp>
#include <set>

#include "base/core/jsonio.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::json;

Result<std::set<std::string>> read_replicas_in(const std::string& body) {
  const auto groups = jsonio::parse(body);
  if (!groups) return groups.error();
  std::set<std::string> out;
  for (const Json& group : *groups) {
    const auto members = jsonio::array(group, "members");
    if (!members) return members.error();
    for (const Json& one : **members) {
      const auto id = jsonio::text(one, "id");
      const auto replica = jsonio::flag(one, "read_replica", false);
      if (!id) return id.error();
      if (replica && *replica) out.insert(*id);
    }
  }
  return out;
}

}  // namespace

rt::Task<Result<Roster>> Cluster::roster() {
  const auto plan = co_await call("GET", "/v1/plan", "");
  if (!plan) co_return plan.error();
  const auto groups = co_await call("GET", "/v1/groups", "");
  if (!groups) co_return groups.error();
  const auto replicas = read_replicas_in(*groups);
  if (!replicas) co_return replicas.error();
  const auto parsed = jsonio::parse_object(*plan);
  if (!parsed) co_return parsed.error();
  const auto instances = jsonio::array(*parsed, "instances");
  if (!instances) co_return instances.error();
  Roster out;
  for (const Json& one : **instances) {
    const auto id = jsonio::text(one, "id"), tier = jsonio::text(one, "tier"),
               program = jsonio::text(one, "program");
    if (!id || !tier || !program) co_return Error(Code::kInternal, "/v1/plan is not as expected");
    out.members.push_back({*id, *tier, *program, replicas->contains(*id)});
  }
  co_return out;
}

}  // namespace multiaz::chaos
