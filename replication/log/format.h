// The format of records and segments in the log's files. It is little-endian, and records are
// aligned to 8 bytes.
//
//   segment  = SegmentHead, records without gaps, then the end of the file or only zeros
//   record   = RecordHead, payload, padding
//
// A record's check covers its head and payload. Its chain hash (core/types.h) also covers
// everything before it, so that a whole record of another history is found as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replication/core/types.h"

namespace multiaz::replication {

struct RecordHead {
  uint64_t check = 0;
  uint32_t magic = 0;
  uint32_t length = 0;  // of the payload
  uint64_t epoch = 0;
  uint64_t lsn = 0;
  uint64_t hash = 0;
  uint64_t commit = 0;  // the highest lsn known to be committed when this was written
};
static_assert(sizeof(RecordHead) == 48);

struct SegmentHead {
  char magic[8] = {};
  uint64_t first = 0;      // the lsn of its first record
  uint64_t prev_hash = 0;  // the chain hash of the record before
  uint64_t check = 0;
};
static_assert(sizeof(SegmentHead) == 32);

constexpr uint64_t record_bytes(uint64_t payload_bytes) {
  return (sizeof(RecordHead) + payload_bytes + 7) / 8 * 8;
}

void write_record(const Record& record, Lsn commit, std::string& out);
std::string segment_head(Lsn first, uint64_t prev_hash);

struct StoredRecord {
  RecordHead head;
  std::string_view payload;  // it points into the parsed bytes
  uint64_t bytes = 0;        // head, payload, padding
};
// The whole, undamaged record at the start of `bytes`; nothing when there is none.
std::optional<StoredRecord> parse_record(std::string_view bytes);
std::optional<SegmentHead> parse_segment_head(std::string_view bytes);
bool only_zeros(std::string_view bytes);

// "log-00000000000000000042"; such names sort by lsn.
std::string numbered_name(std::string_view kind, Lsn lsn);
std::optional<Lsn> number_of(std::string_view kind, std::string_view name);

uint64_t checksum(std::string_view bytes, uint64_t seed = 0);

// Makes a kCorrupt such as "/d/log-0001 at offset 48: record 7 is damaged".
Error corrupt_at(const std::string& path, uint64_t offset, std::string_view what);

}  // namespace multiaz::replication
