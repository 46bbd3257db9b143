// Clients with one operation at a time each; every written value is unique. A client finds the
// primary by asking the members in turn, and takes a time-out for an answer in doubt.
#pragma once

#include <functional>
#include <vector>

#include "replication/sim/node.h"

namespace multiaz::replication::sim {

class Clients {
 public:
  explicit Clients(World& world) : world_(world) {}
  void start();

  // One write from outside the loop to this member; `done` gets the outcome.
  void write_to(uint32_t member, std::function<void(Outcome, Lsn)> done);
  void read_from(uint32_t member, std::function<void(Outcome, Lsn)> done);

  struct Counts {
    uint64_t writes_ok = 0, reads_ok = 0, replica_reads = 0, definite = 0, in_doubt = 0;
  };
  const Counts& counts() const { return counts_; }
  Nanos last_write_ok() const { return last_write_ok_; }
  void stop() { stopped_ = true; }

 private:
  struct Client {
    uint32_t target = 0;
    uint64_t operation = 0;  // the operation that it waits for; 0: none
  };

  void next(uint32_t client);
  void finished(uint32_t client, const Operation& operation, Outcome outcome, Lsn lsn, Lsn floor);
  void travel(std::function<void()> action);
  void perform(uint32_t member, Operation operation, Reply reply);

  World& world_;
  std::vector<Client> clients_;
  uint64_t last_id_ = 0;
  uint64_t last_value_ = 0;
  Counts counts_;
  Nanos last_write_ok_ = 0;
  bool stopped_ = false;
};

}  // namespace multiaz::replication::sim
