// The bounds of this member's log, and how far it is durable, committed and applied. A position
// moves together with the effect that makes it true.
#pragma once

#include <optional>
#include <vector>

#include "replication/core/events.h"
#include "replication/core/step.h"

namespace multiaz::replication {

class Digest;

class Positions {
 public:
  Positions(Durability level, Step& step) : level_(level), step_(step) {}

  const Mark& mark() const { return tail_; }  // of the tail
  Lsn tail() const { return tail_.lsn; }
  Lsn base() const { return base_; }
  Lsn durable() const { return durable_; }
  Lsn commit() const { return commit_; }
  Lsn applied() const { return applied_; }
  Epoch epoch_of(Lsn lsn) const { return epoch_at(tail_.history, lsn); }
  // TruncateLog or InstallSnapshot is not answered yet.
  bool changing() const { return changing_; }

  void start(Start& e);
  // REQUIRES: records follow the tail. At level memory they are durable by that alone.
  void append(std::vector<Record> records);
  // The log reports this record at the group's level. False: that is known, or the record was
  // removed.
  bool reached(Lsn lsn, Epoch epoch);
  void trimmed(Lsn base);

  void learn_commit(Lsn commit);  // a follower: at most up to here, and never back
  void commit_tail();             // a new primary commits the suffix that it inherited
  void commit_executed(Lsn lsn);  // a primary: these were applied when they were appended
  void apply_committed();

  // Rolls back the applied records after `common`, which the primary's log lacks, and drops them.
  void roll_back_to(Lsn common);
  void truncate_after(Lsn common);
  void truncated(Mark tail);
  void install(Mark mark);
  void installed();

  void check() const;  // the invariant
  void digest(Digest& out) const;

 private:
  const Durability level_;
  Step& step_;
  Mark tail_;
  Lsn base_;
  Lsn durable_;
  Lsn commit_;
  Lsn applied_;
  bool changing_ = false;
  std::optional<Mark> installing_;
};

}  // namespace multiaz::replication
