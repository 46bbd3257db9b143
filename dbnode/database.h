// The database of one member: the page store as the replication group's state machine, the writer
// lock, and the waits of sessions for their commits. For the loop's thread only, except the store.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/rt/task.h"
#include "base/rt/wait.h"
#include "dbnode/store/page_vfs.h"
#include "dbnode/writer_lock.h"
#include "replication/state_machine.h"

namespace multiaz::dbnode {

class Database : public replication::StateMachine {
 public:
  explicit Database(uint64_t bytes_max = store::kStoreBytesMaxDefault);

  store::PageStore& store() { return store_; }
  store::PageVfs& vfs() { return vfs_; }
  WriterLock& writer() { return writer_; }

  // True once the group has committed `lsn`; false when the role was lost before: the commit is
  // then in doubt. REQUIRES: appended and published in this turn of the loop.
  rt::Task<bool> wait_committed(Lsn lsn);
  // Makes every waiting wait_committed() return false.
  void give_up();
  // The function is called after each change of role or epoch.
  void on_role(std::function<void(replication::Role, Epoch, std::string_view)> callback) {
    on_role_ = std::move(callback);
  }

  // Implementation of StateMachine.
  void apply(Lsn lsn, std::string_view payload) override;
  void committed(Lsn lsn) override;
  Result<replication::Snapshot> snapshot() override;
  std::unique_ptr<replication::SnapshotSink> install(Lsn lsn) override;
  bool rollback(Lsn lsn) override;
  void role_changed(replication::Role role, Epoch epoch, std::string_view reason) override;

 private:
  struct Waiter {
    rt::Wait wait;
    bool lost = false;
  };
  void wake_later();
  void wake();

  store::PageStore store_;
  store::PageVfs vfs_;
  WriterLock writer_;
  std::multimap<Lsn, Waiter*> waiters_;
  bool waking_ = false;
  std::function<void(replication::Role, Epoch, std::string_view)> on_role_;
};

}  // namespace multiaz::dbnode
