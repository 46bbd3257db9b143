// MachineKeeper: the daemon's state machine under the driver. It gives the machine its state at the
// start, feeds it with committed records, rebuilds it when it cannot take back what never
// committed, and replaces its state by a received snapshot.
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

  // Restores the state and returns its lsn. It blocks, since no client is served yet. It applies
  // what is known to be committed; the rest of the log waits until a primary calls it committed.
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
