#include "replication/sim/disk.h"

#include <algorithm>
#include <optional>

#include "base/core/check.h"

namespace multiaz::replication::sim {

void Disk::wipe(Incarnation life) {
  *this = Disk();
  incarnation = std::move(life);
}

const Record& Disk::record(Lsn lsn) const {
  CHECK(holds(lsn));
  return records_[lsn.raw - base_.lsn.raw - 1];
}

std::optional<uint64_t> Disk::hash_at(Lsn lsn) const {
  if (lsn == base_.lsn) return base_.hash;
  if (!holds(lsn)) return std::nullopt;
  return record(lsn).hash;
}

Mark Disk::mark_at(Lsn lsn) const {
  Mark mark{lsn, *hash_at(lsn), history_};
  truncate_history(mark.history, lsn);
  return mark;
}

void Disk::append(std::vector<Record> records) {
  for (Record& record : records) {
    CHECK(record.lsn == next(tail()));
    if (history_.empty() || history_.back().epoch != record.epoch)
      history_.push_back({record.epoch, record.lsn});
    records_.push_back(std::move(record));
  }
}

void Disk::truncate(Lsn after) {
  CHECK(after >= base_.lsn && after <= tail());
  records_.resize(after.raw - base_.lsn.raw);
  truncate_history(history_, after);
  written_ = std::min(written_, after);
  synced_ = std::min(synced_, after);
  if (lost_from_ > after) lost_from_ = Lsn(UINT64_MAX);
}

void Disk::trim(Lsn base, const Values& state) {
  if (base <= base_.lsn) return;
  const Mark mark = mark_at(base);
  records_.erase(records_.begin(),
                 records_.begin() + static_cast<ptrdiff_t>(base.raw - base_.lsn.raw));
  base_ = mark;
  base_state_.assign(state.begin(), state.begin() + static_cast<ptrdiff_t>(base.raw));
  trim_history(history_, base);
  written_ = std::max(written_, base);
  synced_ = std::max(synced_, base);
}

void Disk::install(const Mark& mark, Values state) {
  CHECK(state.size() == mark.lsn.raw);
  base_ = mark;
  base_state_ = std::move(state);
  history_ = mark.history;
  records_.clear();
  written_ = synced_ = mark.lsn;
  lost_from_ = Lsn(UINT64_MAX);
}

void Disk::kill(uint64_t unwritten_kept) {
  truncate(std::min(tail(), Lsn(written_.raw + unwritten_kept)));
  written_ = tail();
}

void Disk::power_cut() {
  truncate(std::max(base_.lsn, std::min(synced_, Lsn(lost_from_.raw - 1))));
}

void Disk::recover() {
  written_ = synced_ = tail();
  lost_from_ = Lsn(UINT64_MAX);
}

Start Disk::start_event() const {
  return Start{view, base_, mark_at(tail()), tail(), base_.lsn};
}

}  // namespace multiaz::replication::sim
