// Machine: the cache as a state machine of the replication group (replication/state_machine.h).
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "cachenode/keyspace/database.h"
#include "replication/state_machine.h"

namespace multiaz::cachenode {

class Machine : public replication::StateMachine {
 public:
  explicit Machine(Database& db) : db_(db) {}

  // Callbacks, run on the loop inside the Group's call: they must not append.
  struct Hooks {
    std::function<void(Lsn)> committed;
    std::function<void(replication::Role, std::string_view reason)> role_changed;
  };
  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }

  void apply(Lsn lsn, std::string_view payload) override;
  void committed(Lsn lsn) override;
  Result<replication::Snapshot> snapshot() override;
  std::unique_ptr<replication::SnapshotSink> install(Lsn lsn) override;
  bool rollback(Lsn lsn) override;
  void role_changed(replication::Role role, Epoch epoch, std::string_view reason) override;

  replication::Role role() const { return role_; }
  Epoch epoch() const { return epoch_; }
  // Everything up to this lsn is executed and known to be committed.
  Lsn settled() const { return settled_; }

 private:
  class Source;
  class Sink;

  Database& db_;
  Hooks hooks_;
  Lsn settled_;
  replication::Role role_ = replication::Role::kNone;
  Epoch epoch_;
};

}  // namespace multiaz::cachenode
