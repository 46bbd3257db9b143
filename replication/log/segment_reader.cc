#include "replication/log/segment_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "replication/log/format.h"

namespace multiaz::replication {
namespace {

struct Piece {  // a part of one segment's file
  std::shared_ptr<File> file;
  std::string path;
  uint64_t from = 0;
  uint64_t to = 0;
};

Result<LogSlice> read_pieces(const std::vector<Piece>& pieces, Lsn first, uint64_t prev_hash) {
  LogSlice slice;
  slice.prev_hash = prev_hash;
  uint64_t hash = prev_hash;
  for (const Piece& piece : pieces) {
    const auto bytes = piece.file->read(piece.from, piece.to - piece.from);
    if (!bytes) return bytes.error();
    std::string_view rest = *bytes;
    while (!rest.empty()) {
      const auto stored = parse_record(rest);
      const Epoch epoch(stored ? stored->head.epoch : 0);
      if (stored) hash = chain_hash(hash, epoch, first, stored->payload);
      if (!stored || stored->head.lsn != first.raw || stored->head.hash != hash) {
        return corrupt_at(piece.path, piece.to - rest.size(),
                          "record " + std::to_string(first.raw) + " is damaged");
      }
      Record record;
      record.epoch = epoch;
      record.lsn = first;
      record.hash = hash;
      record.payload = std::string(stored->payload);
      slice.records.push_back(std::move(record));
      rest.remove_prefix(stored->bytes);
      first = next(first);
    }
  }
  return slice;
}

Result<uint64_t> read_hash(const Piece& head) {
  const auto bytes = head.file->read(head.from, sizeof(RecordHead));
  if (!bytes) return bytes.error();
  RecordHead record;
  if (bytes->size() < sizeof record) return Error(Code::kCorrupt, head.path + ": it is too short");
  std::memcpy(&record, bytes->data(), sizeof record);
  return record.hash;
}

}  // namespace

std::function<Result<LogSlice>()> read_job(const std::deque<Segment>& segments, Lsn first, Lsn last,
                                           uint64_t bytes_max) {
  size_t at = 0;
  while (segments[at].last() < first) ++at;
  std::optional<Piece> before;  // the record before, which gives the hash before the first one
  uint64_t prev_hash = segments[at].prev_hash;
  if (first != segments[at].first) {
    before.emplace();
    before->file = segments[at].file;
    before->path = segments[at].path;
    before->from = segments[at].offset_after(Lsn(first.raw - 2));
  }
  std::vector<Piece> pieces;
  uint64_t bytes = 0;
  bool full = false;
  for (Lsn lsn = first; !full && at < segments.size() && lsn <= last; ++at) {
    const Segment& segment = segments[at];
    Piece piece;
    piece.file = segment.file;
    piece.path = segment.path;
    piece.from = piece.to = segment.offset_after(Lsn(lsn.raw - 1));
    while (lsn <= std::min(last, segment.last())) {
      const uint64_t to = segment.offset_after(lsn);
      bytes += to - piece.to;
      full = lsn != first && bytes > bytes_max;
      if (full) break;
      piece.to = to;
      lsn = next(lsn);
    }
    if (piece.to > piece.from) pieces.push_back(std::move(piece));
  }
  return [before, prev_hash, pieces = std::move(pieces), first]() -> Result<LogSlice> {
    if (!before) return read_pieces(pieces, first, prev_hash);
    const auto hash = read_hash(*before);
    if (!hash) return hash.error();
    return read_pieces(pieces, first, *hash);
  };
}

}  // namespace multiaz::replication
