#include "orchestrator/control/aws_events.h"

namespace multiaz::orchestrator {

namespace {

struct Named {
  std::string_view kind, database, cache;
};
constexpr Named kNamed[] = {
    {"exit", "RDS-EVENT-0004 DB instance shutdown", "ElastiCache:CacheNodeReplaceStarted"},
    {"ready", "RDS-EVENT-0006 DB instance restarted", "ElastiCache:CacheNodeReplaceComplete"},
    {"promote", "RDS-EVENT-0013 Multi-AZ failover started", ""},
    {"serving", "RDS-EVENT-0049 Multi-AZ failover completed", "ElastiCache:FailoverComplete"},
    {"replica-add", "RDS-EVENT-0005 DB instance created", "ElastiCache:AddCacheNodeComplete"},
    {"replica-remove", "RDS-EVENT-0003 DB instance deleted", "ElastiCache:RemoveCacheNodeComplete"},
    {"backup", "RDS-EVENT-0090 automated snapshot created", ""},
    {"backup-done", "RDS-EVENT-0091 automated snapshot created", "ElastiCache:SnapshotComplete"},
    {"snapshot", "RDS-EVENT-0040 manual snapshot started", ""},
    {"snapshot-done", "RDS-EVENT-0042 manual snapshot created", "ElastiCache:SnapshotComplete"},
    {"snapshot-failed", "", "ElastiCache:SnapshotFailed"},
    {"snapshot-deleted", "RDS-EVENT-0041 snapshot deleted", ""},
    {"restored", "RDS-EVENT-0043 restored from snapshot", ""},
    {"join", "RDS-EVENT-0046 replication resumed", ""},
    {"shrink", "RDS-EVENT-0045 replication stopped", ""},
};

}  // namespace

std::string aws_event(std::string_view kind, std::string_view target) {
  const std::string_view tier = target.substr(0, target.find('-'));
  if (tier != "db" && tier != "cache") return "";
  for (const Named& one : kNamed) {
    if (one.kind == kind) return std::string(tier == "db" ? one.database : one.cache);
  }
  return "";
}

}  // namespace multiaz::orchestrator
