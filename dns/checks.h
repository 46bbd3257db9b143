// The health checkers: one task for each health check of the zone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rt/address.h"
#include "base/rt/nursery.h"
#include "base/rt/stop.h"
#include "base/zone/records.h"
#include "dns/zone/health.h"

namespace multiaz::dns {

class Checks {
 public:
  using OnChange = std::function<void(const HealthCheck& check, bool healthy, std::string why)>;
  Checks(rt::Address self, OnChange on_change) : self_(self), on_change_(std::move(on_change)) {}

  // Sets the health checks. Unchanged ones keep what they know.
  void set(const std::vector<HealthCheck>& checks);
  // Also answers for ids without a check.
  [[nodiscard]] bool healthy(const std::string& id) const;
  [[nodiscard]] size_t unhealthy_count() const;
  void stop();
  rt::Task<void> join();

 private:
  struct Running {
    HealthCheck check;
    HealthCount count;
    rt::Stop stop;
  };
  rt::Task<void> run(std::shared_ptr<Running> running);
  // OK when it passed, else the reason why not.
  rt::Task<Status> probe(HealthCheck check);

  rt::Address self_;
  OnChange on_change_;
  rt::Nursery nursery_;
  std::map<std::string, std::shared_ptr<Running>> running_;
};

}  // namespace multiaz::dns
