// The orchestrator's HTTP API, as chaos uses it for queries and orders. Answers are values; an
// error is the transport's, or kConflict with the answer's text.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/http/client.h"
#include "base/rt/task.h"
#include "chaos/plan/record.h"

namespace multiaz::chaos {

struct Instance {
  std::string id, tier, zone, role, address, state;
  uint16_t port = 0;
  int pid = 0;
  uint64_t epoch = 0;
};

struct MayConnect {
  bool allowed = false;
  std::string because;
};

struct Health {
  bool healthy = false;
  std::string reasons;
};

// As long as a user at the command line would wait: a control plane that is only slow may still
// carry out an order that was given up, and then the record would say "did not" of something that
// was done.
constexpr uint64_t kApiTimeoutMs = 10'000;

class ControlApi {
 public:
  ControlApi(rt::Address address, std::string token, uint64_t timeout_ms = kApiTimeoutMs)
      : address_(address), token_(std::move(token)), timeout_ms_(timeout_ms) {}

  // Sends any order or query and returns the body of the answer.
  rt::Task<Result<std::string>> call(std::string method, std::string path, std::string body);

  rt::Task<Result<std::vector<Instance>>> instances();
  rt::Task<Health> health();
  rt::Task<Result<Roster>> roster();  // the planned instances
  rt::Task<Result<std::vector<Event>>> events_since(uint64_t seq);
  // The instances that a target names.
  rt::Task<Result<std::vector<std::string>>> resolve(std::string target);
  // All counters of one instance's last report; none when there is no such instance.
  rt::Task<std::map<std::string, uint64_t>> counters(std::string id);
  // One counter of an instance; 0 when there is none.
  rt::Task<uint64_t> counter(std::string id, std::string name);
  // The decision of the security groups; `from` is an address, `to` an instance.
  rt::Task<Result<MayConnect>> may_connect(std::string from, std::string to, uint16_t port);

  // `verb`: kill, stop, cont, restart.
  rt::Task<Result<std::vector<Hit>>> signal(std::string verb, std::string target);
  // Cuts a from b in both directions. Returns the fault's id.
  rt::Task<Result<std::string>> cut(std::string a, std::string b, uint64_t for_ms,
                                    std::string owner);
  // Places any fault, given as JSON. Returns its id.
  rt::Task<Result<std::string>> place(std::string order);
  rt::Task<Status> failover(std::string group, std::string to);  // "" = any other member
  rt::Task<Result<std::vector<Hit>>> zone_down(std::string zone, uint64_t for_ms);
  // `action` is down, up, cut, slow, heal, shift or unshift; a duration of 0 lasts until ordered
  // otherwise. Returns the answer's body.
  rt::Task<Result<std::string>> order_zone(std::string zone, std::string action,
                                           uint64_t for_ms = 0, uint64_t delay_ms = 0);

 private:
  rt::Address address_;
  std::string token_;
  uint64_t timeout_ms_;
  http::Client client_{http::ClientConfig()};
};

}  // namespace multiaz::chaos
