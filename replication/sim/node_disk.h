// The log file of a simulated process: it has one write and one sync at a time, each for everything
// that is queued (group commit).
#pragma once

#include "replication/core/digest.h"
#include "replication/driver/ports.h"
#include "replication/sim/disk.h"

namespace multiaz::replication::sim {

class Node;

class NodeDisk : public DiskPort {
 public:
  explicit NodeDisk(Node& node) : node_(node) {}

  void store_view(const View& view) override;
  void append(std::vector<Record> records, Lsn committed) override;
  void truncate(Lsn after) override;
  void flush() override { start_write(); }
  bool poll() override { return false; }  // finished work comes as an event of its own

  void install(const Mark& mark, const Values& state);
  void fail_next_sync() { fail_sync_ = true; }
  void slow(Nanos extra) { extra_ = extra; }
  void process_ended();
  void digest(Digest& out) const { out.add(generation_, writing_, syncing_); }

 private:
  void start_write();
  void write_finished(uint64_t generation, Lsn lsn);
  void start_sync();
  void sync_finished(uint64_t generation, Lsn lsn);
  void sync_failed();

  Node& node_;
  uint64_t generation_ = 0;  // counts truncations
  bool writing_ = false;
  bool syncing_ = false;
  bool fail_sync_ = false;
  Nanos extra_ = 0;
};

}  // namespace multiaz::replication::sim
