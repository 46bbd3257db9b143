// The records and health checks that users have added to the hosted zone. They are kept in the
// store and sent to the name server with the topology.
#pragma once

#include <string>

#include "base/zone/records.h"
#include "orchestrator/shell/cluster.h"

namespace multiaz::orchestrator {

constexpr size_t kHealthChecksMax = 200;  // Route 53's quota

class DnsRecords {
 public:
  DnsRecords(Cluster& cluster, Store& store) : cluster_(cluster), store_(store) {}
  Status load();

  // Adds or replaces (UPSERT). kInvalid says what is allowed.
  Status put_record(dns::RecordSet record);
  Status delete_record(const std::string& name, uint16_t type, const std::string& set_identifier);
  Status put_check(dns::HealthCheck check);
  Status delete_check(const std::string& id);
  [[nodiscard]] const dns::Additions& added() const { return added_; }

 private:
  Status publish(dns::Additions changed);
  void tell(const std::string& text);  // to the control plane, which sends it to the daemons

  Cluster& cluster_;
  Store& store_;
  dns::Additions added_;
};

}  // namespace multiaz::orchestrator
