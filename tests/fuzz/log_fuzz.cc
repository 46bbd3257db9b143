// Any bytes as the files of a log: reading never crashes, accepted records are written the same way
// again, and a record with a changed byte outside of its padding is never accepted as it was.
#include <cstdlib>

#include "replication/log/format.h"
#include "replication/log/meta.h"

namespace {

using namespace multiaz;
using namespace multiaz::replication;

void read_as_it_is(std::string_view bytes) {
  if (const auto head = parse_segment_head(bytes)) {
    if (segment_head(Lsn(head->first), head->prev_hash) != bytes.substr(0, sizeof *head)) abort();
    bytes.remove_prefix(sizeof *head);
  }
  while (const auto stored = parse_record(bytes)) {
    const Record record{Epoch(stored->head.epoch), Lsn(stored->head.lsn), stored->head.hash,
                        std::string(stored->payload)};
    std::string written;
    write_record(record, Lsn(stored->head.commit), written);
    const size_t without_padding = sizeof stored->head + record.payload.size();
    if (written.size() != stored->bytes) abort();
    if (written.substr(0, without_padding) != bytes.substr(0, without_padding)) abort();
    bytes.remove_prefix(stored->bytes);
  }
}

// The first bytes say where and how to damage the record; the rest is its payload.
void read_damaged(std::string_view bytes) {
  if (bytes.size() < 3) return;
  const size_t where =
      static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]);
  const char how = bytes[2];
  const Record record{Epoch(3), Lsn(7), 0x1122334455667788, std::string(bytes.substr(3))};
  std::string written;
  write_record(record, Lsn(6), written);
  if (!parse_record(written) || parse_record(written)->payload != record.payload) abort();
  const size_t at = where % (sizeof(RecordHead) + record.payload.size());
  written[at] = static_cast<char>(written[at] ^ how);
  if (how != 0 && parse_record(written)) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_as_it_is(bytes);
  read_damaged(bytes);
  if (const auto meta = decode_meta(bytes); meta && !(*decode_meta(encode_meta(*meta)) == *meta))
    abort();
  if (const auto lsn = number_of("log", bytes); lsn && numbered_name("log", *lsn) != bytes) abort();
  return 0;
}
