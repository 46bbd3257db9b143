#include "orchestrator/route53/dns_records.h"

#include <algorithm>

#include "base/wire/dns.h"

namespace multiaz::orchestrator {

namespace {

constexpr size_t kAdditionsBytesMax = 2 << 20;
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
  tell(*text);
  return Status();
}

void DnsRecords::tell(const std::string& text) {
  cluster_.order([&](ControlPlane& plane) {
    plane.context.state.settings["dns"] = text;
    plane.context.topology_changed();
  });
}

Status DnsRecords::publish(dns::Additions changed) {
  const std::string text = dns::additions_to_json(changed);
  // One message carries all records to each daemon. On an error they stay as they were.
  if (text.size() > kAdditionsBytesMax) {
    return Error(Code::kLimit, "all records and checks together have at most " +
                                   std::to_string(kAdditionsBytesMax) + " bytes of JSON");
  }
  const Status saved = store_.set_meta("dns", text);
  if (!saved) return saved;
  added_ = std::move(changed);
  tell(text);
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
    return Error(Code::kLimit, "at most 10,000 record sets are allowed");
  }
  dns::Additions changed = added_;
  std::erase_if(changed.records, [&](const dns::RecordSet& each) {
    return same(each, record.name, record.type, record.set_identifier);
  });
  changed.records.push_back(record);
  const Status done = publish(std::move(changed));
  if (done) cluster_.event("api", "dns", record.name, "UPSERT " + dns::type_text(record.type));
  return done;
}

Status DnsRecords::delete_record(const std::string& name, uint16_t type,
                                 const std::string& set_identifier) {
  dns::Additions changed = added_;
  const size_t gone = std::erase_if(changed.records, [&](const dns::RecordSet& each) {
    return same(each, name, type, set_identifier);
  });
  if (gone == 0) {
    return Error(Code::kNotFound, "there is no added record " + name + " " + dns::type_text(type) +
                                      (set_identifier.empty() ? "" : " (" + set_identifier + ")"));
  }
  cluster_.event("api", "dns", name, "DELETE " + dns::type_text(type));
  return publish(std::move(changed));
}

Status DnsRecords::put_check(dns::HealthCheck check) {
  dns::Additions changed = added_;
  std::erase_if(changed.checks, [&](const auto& each) { return each.id == check.id; });
  if (changed.checks.size() >= kHealthChecksMax) {
    return Error(Code::kLimit, "at most 200 health checks are allowed");
  }
  if (cluster_.instances().contains(check.id)) {
    return Error(Code::kConflict, "'" + check.id + "' is the check of that instance");
  }
  changed.checks.push_back(std::move(check));
  return publish(std::move(changed));
}

Status DnsRecords::delete_check(const std::string& id) {
  for (const dns::RecordSet& record : added_.records) {
    if (record.health_check == id) {
      return Error(Code::kConflict, "HealthCheckInUse: by " + record.name);
    }
  }
  dns::Additions changed = added_;
  if (std::erase_if(changed.checks, [&](const auto& each) { return each.id == id; }) == 0) {
    return Error(Code::kNotFound, "there is no added health check '" + id + "'");
  }
  return publish(std::move(changed));
}

}  // namespace multiaz::orchestrator
