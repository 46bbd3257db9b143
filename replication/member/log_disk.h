// LogDisk: the driver's disk, on a real log.
#pragma once

#include "replication/member/address_book.h"
#include "replication/member/shared.h"
#include "replication/member/snapshot_maker.h"

namespace multiaz::replication {

class LogDisk : public DiskPort {
 public:
  LogDisk(Shared& shared, AddressBook& addresses, SnapshotMaker& snapshots)
      : shared_(shared), addresses_(addresses), snapshots_(snapshots) {}

  // Opens the folder. Errors: kCorrupt, kConflict, kIo, kLimit.
  Status open();

  void store_view(const View& view) override;
  void append(std::vector<Record> records, Lsn committed) override;
  void truncate(Lsn after) override;
  void flush() override { shared_.log->flush(); }
  bool poll() override { return shared_.log->poll(); }

 private:
  void stable(Lsn lsn, Epoch epoch);

  Shared& shared_;
  AddressBook& addresses_;
  SnapshotMaker& snapshots_;
};

}  // namespace multiaz::replication
