#include "replication/log/recent_records.h"

#include <utility>

#include "replication/log/format.h"

namespace multiaz::replication {

const Record* RecentRecords::find(Lsn lsn) const {
  if (records_.empty() || lsn < records_.front().lsn || lsn > records_.back().lsn) return nullptr;
  return &records_[lsn.raw - records_.front().lsn.raw];
}

void RecentRecords::add(Record record) {
  payload_bytes_ += record.payload.size();
  log_bytes_ += record_bytes(record.payload.size());
  records_.push_back(std::move(record));
}

void RecentRecords::uncount(const Record& record) {
  payload_bytes_ -= record.payload.size();
  log_bytes_ -= record_bytes(record.payload.size());
}

void RecentRecords::drop_first() {
  uncount(records_.front());
  hash_before_ = records_.front().hash;
  records_.pop_front();
}

void RecentRecords::drop_after(Lsn last, uint64_t hash) {
  while (!records_.empty() && records_.back().lsn > last) {
    uncount(records_.back());
    records_.pop_back();
  }
  if (records_.empty()) hash_before_ = hash;
}

void RecentRecords::clear(uint64_t hash) {
  records_.clear();
  hash_before_ = hash;
  payload_bytes_ = log_bytes_ = 0;
}

}  // namespace multiaz::replication
