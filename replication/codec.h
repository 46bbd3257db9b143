// Encodes the messages between members: a msgpack array [type, fields...], sent on the link as one
// frame of base/wire/frame.h. There are no sockets here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "replication/core/messages.h"

namespace multiaz::replication {

// The upper bound of one encoded message (a frame takes no more); a record must leave room for
// heads.
constexpr size_t kMessageBytesMax = 64u << 20;
constexpr size_t kRecordsInBatchMax = 65'536;

// Points to a record in the log's memory: encoding copies each payload once.
struct RecordRef {
  Epoch epoch;
  Lsn lsn;
  uint64_t hash = 0;
  std::string_view payload;
};

std::string encode(const Message& message);
// An AppendBatch whose records are elsewhere (`head.records` is ignored), as SendRecords needs it.
std::string encode_batch(const AppendBatch& head, const std::vector<RecordRef>& records);

// kCorrupt with the reason. Never throws; sizes in the bytes are checked before memory is
// allocated.
Result<Message> decode(std::string_view bytes);

}  // namespace multiaz::replication
