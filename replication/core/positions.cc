#include "replication/core/positions.h"

#include <algorithm>

#include "replication/core/digest.h"

namespace multiaz::replication {

void Positions::start(Start& e) {
  CHECK(e.base.lsn <= e.applied && e.applied <= e.durable && e.durable <= e.tail.lsn);
  base_ = e.base.lsn;
  tail_ = std::move(e.tail);
  durable_ = e.durable;
  commit_ = applied_ = e.applied;
}

void Positions::append(std::vector<Record> records) {
  for (const Record& record : records) {
    if (tail_.history.empty() || tail_.history.back().epoch != record.epoch)
      tail_.history.push_back({record.epoch, record.lsn});
  }
  tail_.lsn = records.back().lsn;
  tail_.hash = records.back().hash;
  if (level_ == Durability::kMemory) durable_ = tail_.lsn;
  step_.emit(AppendLog{std::move(records)});
}

bool Positions::reached(Lsn lsn, Epoch epoch) {
  if (lsn <= durable_ || lsn > tail_.lsn || epoch_of(lsn) != epoch) return false;
  durable_ = lsn;
  return true;
}

void Positions::trimmed(Lsn base) {
  CHECK(base <= applied_);
  base_ = std::max(base_, base);
  trim_history(tail_.history, base_);
}

void Positions::learn_commit(Lsn commit) {
  commit_ = std::max(commit_, std::min(commit, tail_.lsn));
}

void Positions::commit_tail() {
  commit_ = tail_.lsn;
  apply_committed();
}

void Positions::commit_executed(Lsn lsn) {
  commit_ = applied_ = lsn;
  step_.emit(CommitPoint{lsn});
}

// Only records that are durable on this member are applied: the state is never ahead of the log.
void Positions::apply_committed() {
  const Lsn upto = std::min(commit_, durable_);
  if (upto <= applied_) return;
  applied_ = upto;
  step_.emit(ApplyUpTo{upto});
}

void Positions::roll_back_to(Lsn common) {
  commit_ = std::min(commit_, common);
  if (applied_ <= common) return;
  applied_ = common;
  step_.emit(Rollback{common});
}

void Positions::truncate_after(Lsn common) {
  tail_.lsn = common;
  truncate_history(tail_.history, common);
  durable_ = std::min(durable_, common);
  changing_ = true;
  step_.emit(TruncateLog{common});
}

void Positions::truncated(Mark tail) {
  CHECK(changing_ && !installing_ && tail.lsn == tail_.lsn);
  changing_ = false;
  tail_ = std::move(tail);
}

void Positions::install(Mark mark) {
  changing_ = true;
  installing_ = std::move(mark);
  step_.emit(InstallSnapshot{*installing_});
}

void Positions::installed() {
  CHECK(changing_ && installing_);
  changing_ = false;
  tail_ = std::move(*installing_);
  installing_.reset();
  base_ = durable_ = commit_ = applied_ = tail_.lsn;
}

void Positions::check() const {
  CHECK(base_ <= tail_.lsn);
  CHECK(durable_ <= tail_.lsn);
  CHECK(commit_ <= tail_.lsn);
  CHECK(applied_ <= commit_);
  CHECK(tail_.lsn.raw == 0 || !tail_.history.empty());
}

void Positions::digest(Digest& out) const {
  out.add(tail_, base_, durable_, commit_, applied_, changing_, installing_);
}

}  // namespace multiaz::replication
