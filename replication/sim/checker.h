// Checks what must hold in every step of every run. The checker sees the whole world, and the first
// violation ends the run. The tests of deliberate mistakes look for its name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "replication/core/messages.h"

namespace multiaz::replication::sim {

class World;
class Node;
class Disk;

struct Violation {
  std::string check;  // "acked-write-lost", "lease-overlap", ...
  std::string detail;
  Nanos at = 0;
};

class Checker {
 public:
  explicit Checker(World& world) : world_(world) {}
  void start(uint32_t members) { members_.resize(members); }

  bool failed() const { return !violation_.check.empty(); }
  const Violation& violation() const { return violation_; }
  void violate(const std::string& check, const std::string& detail);

  // The parts of the world call these.
  void after_step(uint32_t member);
  void sending(uint32_t member, const Message& message);
  void process_ended(uint32_t member);
  void disk_emptied(uint32_t member);
  void became_primary(uint32_t member);
  void acknowledged(uint32_t member, Lsn lsn);  // the member answers a client's write with success
  void completed(bool write, Lsn lsn, Lsn floor);  // the client has received the answer
  // `floor`: what was acknowledged when the answering process began, or last ceased to lead.
  void replica_read(Lsn lsn, Lsn floor);
  void view_made(const View& view);
  void views_forgotten(Epoch last);  // no process ever got the views after `last`
  const View& view_of(Epoch epoch) const { return views_.at(epoch); }
  Lsn floor() const { return floor_; }  // every later answer must include it
  Lsn committed() const { return Lsn(history_.size()); }
  Lsn acked() const { return acked_; }
  bool complete(const Disk& disk) const;  // it has everything that was acknowledged
  void check_end();  // after recovery every member has every acknowledged record

 private:
  struct Member {
    Epoch epoch;  // the highest that was ever stored
    Lsn commit;   // checked so far in this process
  };
  void check_commit(const Node& node, Member& member, Lsn commit);
  void check_holders(const Node& node, Lsn lsn, uint64_t hash);
  void check_serving();
  void check_state(const Node& node);

  World& world_;
  Violation violation_;
  std::vector<Member> members_;
  std::vector<uint64_t> history_;  // the chain hash of each committed record, by lsn - 1
  Lsn acked_;                      // the highest lsn that any member acknowledged to a client
  Lsn floor_;                      // the highest lsn that any client has seen in an answer
  std::map<Epoch, View> views_;
  std::map<Epoch, uint32_t> primaries_;  // the member that became active in each epoch
};

}  // namespace multiaz::replication::sim
