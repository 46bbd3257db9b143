// MachineKeeper: the daemon's state machine under the driver. Given its state at the start, fed
// with committed records, rebuilt when it cannot take back what never committed, replaced by a
// snapshot.
#pragma once

#include <memory>

#include "replication/member/shared.h"
#include "replication/member/snapshot_maker.h"
#include "replication/member/snapshot_receiver.h"

namespace multiaz::replication {

class MachineKeeper : public MachinePort {
 public:
  MachineKeeper(Shared& shared, SnapshotReceiver& receiver, SnapshotMaker& maker,
                SnapshotMaker::OnEvent on_event);

  // Blocks: nobody is served yet. What is known to be committed is applied; the rest of the log
  // waits for a primary to say so. Gives where the state stands.
  Result<Lsn> restore();

  Result<Lsn> apply(Lsn from, Lsn to) override;
  void committed(Lsn lsn) override;
  bool rollback(Lsn lsn) override { return shared_.machine.rollback(lsn); }
  void rebuild(Lsn upto) override;
  void install(const Mark& mark) override;
  void stands_at(Lsn lsn) override { shared_.log->applied(lsn); }

 private:
  Result<Lsn> apply_until(Lsn from, Lsn to, Nanos deadline);
  Status install_now(const StoredSnapshot& stored);
  rt::Task<void> install_in_slices(std::shared_ptr<StoredSnapshot> content);

  Shared& shared_;
  SnapshotReceiver& receiver_;
  SnapshotMaker& maker_;
  SnapshotMaker::OnEvent on_event_;
};

}  // namespace multiaz::replication
