#include "orchestrator/dns_records.h"

#include <algorithm>

#include "base/wire/dns.h"

namespace multiaz::orchestrator {

namespace {

constexpr const char* kOrigin = "multiaz.test";

bool same(const dns::RecordSet& a, const std::string& name, uint16_t type,
          const std::string& set_identifier) {
  return wire::dns::same_name(a.name, name) && a.type == type && a.set_identifier == set_identifier;
}

}  // namespace

Status DnsRecords::load() {
  const auto text = store_.meta("dns");
  if (!text) return text.error();
  if (text->empty()) return Status();
  auto added = dns::additions_from_json(*text);
  if (!added) return Error(Code::kCorrupt, added.error().detail);
  added_ = std::move(*added);
  cluster_.set_setting("dns", *text);
  return Status();
}

Status DnsRecords::publish() {
  const std::string text = dns::additions_to_json(added_);
  const Status saved = store_.set_meta("dns", text);
  if (saved) cluster_.set_setting("dns", text);
  return saved;
}

Status DnsRecords::put_record(dns::RecordSet record) {
  dns::Zone zone;
  zone.origin = kOrigin;
  zone.availability_zones = cluster_.plan().zones;
  zone.records = added_.records;
  const Status good = dns::check_record(record, zone);
  if (!good) return good;
  if (added_.records.size() >= dns::kRecordSetsMax) {
    return Error(Code::kLimit, "10,000 record sets are the most");
  }
  std::erase_if(added_.records, [&](const dns::RecordSet& each) {
    return same(each, record.name, record.type, record.set_identifier);
  });
  cluster_.event("api", "dns", record.name, "UPSERT " + dns::type_text(record.type));
  added_.records.push_back(std::move(record));
  return publish();
}

Status DnsRecords::delete_record(const std::string& name, uint16_t type,
                                 const std::string& set_identifier) {
  const size_t gone = std::erase_if(added_.records, [&](const dns::RecordSet& each) {
    return same(each, name, type, set_identifier);
  });
  if (gone == 0) {
    return Error(Code::kNotFound, "nobody added " + name + " " + dns::type_text(type) +
                                      (set_identifier.empty() ? "" : " (" + set_identifier + ")"));
  }
  cluster_.event("api", "dns", name, "DELETE " + dns::type_text(type));
  return publish();
}

Status DnsRecords::put_check(dns::HealthCheck check) {
  std::erase_if(added_.checks, [&](const auto& each) { return each.id == check.id; });
  if (added_.checks.size() >= kHealthChecksMax) {
    return Error(Code::kLimit, "200 health checks are the most");
  }
  if (cluster_.instances().contains(check.id)) {
    return Error(Code::kConflict, "'" + check.id + "' is the check of that instance");
  }
  added_.checks.push_back(std::move(check));
  return publish();
}

Status DnsRecords::delete_check(const std::string& id) {
  for (const dns::RecordSet& record : added_.records) {
    if (record.health_check == id) {
      return Error(Code::kConflict, "HealthCheckInUse: by " + record.name);
    }
  }
  if (std::erase_if(added_.checks, [&](const auto& each) { return each.id == id; }) == 0) {
    return Error(Code::kNotFound, "nobody added a health check '" + id + "'");
  }
  return publish();
}

}  // namespace multiaz::orchestrator
