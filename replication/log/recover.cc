#include "replication/log/recover.h"

#include <fmt/format.h>

#include <algorithm>

#include "replication/log/format.h"

namespace multiaz::replication {

namespace {

struct Remains {
  size_t records = 0;
  Lsn commit;
};

// Finds whole records anywhere in bytes that cannot be read in order.
Remains look_for_records(std::string_view bytes) {
  Remains out;
  for (size_t at = 0; at + sizeof(RecordHead) <= bytes.size(); at += 8) {
    const auto record = parse_record(bytes.substr(at));
    if (!record) continue;
    ++out.records;
    out.commit = std::max(out.commit, Lsn(record->head.commit));
  }
  return out;
}

class Recovery {
 public:
  Recovery(Storage& storage, const std::string& folder) : storage_(storage), folder_(folder) {}

  Result<RecoveredLog> run() {
    const auto names = storage_.list(folder_);
    if (!names) return names.error();
    std::vector<std::string> paths;
    for (const std::string& name : *names) {
      if (number_of("log", name)) paths.push_back(folder_ + "/" + name);
    }
    for (size_t i = 0; i < paths.size(); ++i) {
      if (Status done = take_segment(paths[i], i + 1 == paths.size()); !done) return done.error();
    }
    if (out_.commit > out_.tail) {
      return corrupt_at(
          paths.back(), out_.segments.back().end,
          fmt::format("the log ends at {} but {} was committed", out_.tail.raw, out_.commit.raw));
    }
    return std::move(out_);
  }

 private:
  Status take_segment(const std::string& path, bool last) {
    auto file = storage_.open(path, OpenMode::kExisting);
    if (!file) return file.error();
    const auto size = (*file)->size();
    if (!size) return size.error();
    const auto bytes = (*file)->read(0, *size);
    if (!bytes) return bytes.error();
    const auto head = parse_segment_head(*bytes);
    if (!head) return take_headless(path, *bytes, last);
    Segment segment;
    segment.first = Lsn(head->first);
    segment.prev_hash = head->prev_hash;
    segment.path = path;
    segment.file = *file;
    segment.end = sizeof(SegmentHead);
    if (out_.segments.empty()) {
      out_.tail = segment.before();
      out_.tail_hash = segment.prev_hash;
    }
    if (segment.before() != out_.tail || segment.prev_hash != out_.tail_hash) {
      return corrupt_at(path, 0,
                        fmt::format("it does not continue record {} before it", out_.tail.raw));
    }
    if (Status done = take_records(segment, *bytes); !done) return done;
    const std::string_view rest = std::string_view(*bytes).substr(segment.end);
    if (!only_zeros(rest)) {
      if (Status done = cut_tail(segment, rest, last); !done) return done;
    }
    out_.segments.push_back(std::move(segment));
    return Status();
  }

  // A crash while the file was made leaves it without a head; the records before it are whole.
  Status take_headless(const std::string& path, std::string_view bytes, bool last) {
    if (!last || look_for_records(bytes).records > 0) {
      return corrupt_at(path, 0, "the head of the segment is damaged");
    }
    out_.cut = path + ": was never begun, removed";
    return storage_.remove(path);
  }

  Status take_records(Segment& segment, std::string_view bytes) {
    while (const auto record = parse_record(bytes.substr(segment.end))) {
      const Epoch epoch(record->head.epoch);
      const Lsn lsn(record->head.lsn);
      const uint64_t hash = chain_hash(out_.tail_hash, epoch, lsn, record->payload);
      const bool follows = lsn == next(out_.tail) && hash == record->head.hash &&
                           (out_.epochs.empty() || epoch >= out_.epochs.back().epoch);
      if (!follows) {
        return corrupt_at(segment.path, segment.end,
                          fmt::format("record {} does not continue {}", lsn.raw, out_.tail.raw));
      }
      if (out_.epochs.empty() || out_.epochs.back().epoch != epoch) {
        EpochStart start;
        start.epoch = epoch;
        start.first = lsn;
        out_.epochs.push_back(start);
      }
      out_.tail = lsn;
      out_.tail_hash = hash;
      out_.commit = std::max(out_.commit, Lsn(record->head.commit));
      segment.offsets.push_back(static_cast<uint32_t>(segment.end));
      segment.end += record->bytes;
    }
    return Status();
  }

  Status cut_tail(Segment& segment, std::string_view rest, bool last) {
    const Remains remains = look_for_records(rest);
    if (!last || remains.commit > out_.tail) {
      return corrupt_at(segment.path, segment.end,
                        fmt::format("record {} is damaged", out_.tail.raw + 1));
    }
    out_.cut = fmt::format("{} at offset {}: torn after record {}, cut off", segment.path,
                           segment.end, out_.tail.raw);
    if (Status done = segment.file->truncate(segment.end); !done) return done;
    return segment.file->sync();
  }

  Storage& storage_;
  const std::string& folder_;
  RecoveredLog out_;
};

}  // namespace

uint64_t Segment::offset_after(Lsn lsn) const {
  const size_t index = lsn.raw - before().raw;
  CHECK(index <= offsets.size());
  return index == offsets.size() ? end : offsets[index];
}

Result<RecoveredLog> recover_log(Storage& storage, const std::string& folder) {
  return Recovery(storage, folder).run();
}

}  // namespace multiaz::replication
