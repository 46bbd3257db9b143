#include "replication/log/format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <charconv>
#include <cstring>

namespace multiaz::replication {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr uint32_t kRecordMagic = 0x4c525a4d;  // "MZRL"
constexpr char kSegmentMagic[8] = {'M', 'Z', 'L', 'O', 'G', '0', '0', '1'};
constexpr size_t kNumberDigits = 20;

template <typename Head>
std::string_view after_check(const Head& head, size_t skip) {
  return {reinterpret_cast<const char*>(&head) + skip, sizeof head - skip};
}

uint64_t record_check(const RecordHead& head, std::string_view payload) {
  return checksum(payload, checksum(after_check(head, sizeof head.check)));
}

uint64_t segment_check(const SegmentHead& head) {
  return checksum({reinterpret_cast<const char*>(&head), offsetof(SegmentHead, check)});
}

}  // namespace

uint64_t checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

void write_record(const Record& record, Lsn commit, std::string& out) {
  RecordHead head;
  head.magic = kRecordMagic;
  head.length = static_cast<uint32_t>(record.payload.size());
  head.epoch = record.epoch.raw;
  head.lsn = record.lsn.raw;
  head.hash = record.hash;
  head.commit = commit.raw;
  head.check = record_check(head, record.payload);
  const size_t whole = record_bytes(record.payload.size());
  out.append(reinterpret_cast<const char*>(&head), sizeof head);
  out.append(record.payload);
  out.append(whole - sizeof head - record.payload.size(), '\0');
}

std::string segment_head(Lsn first, uint64_t prev_hash) {
  SegmentHead head;
  std::memcpy(head.magic, kSegmentMagic, sizeof head.magic);
  head.first = first.raw;
  head.prev_hash = prev_hash;
  head.check = segment_check(head);
  return std::string(reinterpret_cast<const char*>(&head), sizeof head);
}

std::optional<StoredRecord> parse_record(std::string_view bytes) {
  StoredRecord out;
  if (bytes.size() < sizeof out.head) return std::nullopt;
  std::memcpy(&out.head, bytes.data(), sizeof out.head);
  if (out.head.magic != kRecordMagic) return std::nullopt;
  out.bytes = record_bytes(out.head.length);
  if (out.bytes > bytes.size()) return std::nullopt;
  out.payload = bytes.substr(sizeof out.head, out.head.length);
  if (record_check(out.head, out.payload) != out.head.check) return std::nullopt;
  return out;
}

std::optional<SegmentHead> parse_segment_head(std::string_view bytes) {
  SegmentHead head;
  if (bytes.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (std::memcmp(head.magic, kSegmentMagic, sizeof head.magic) != 0) return std::nullopt;
  if (segment_check(head) != head.check) return std::nullopt;
  return head;
}

bool only_zeros(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

Error corrupt_at(const std::string& path, uint64_t offset, std::string_view what) {
  return Error(Code::kCorrupt, fmt::format("{} at offset {}: {}", path, offset, what));
}

std::string numbered_name(std::string_view kind, Lsn lsn) {
  return fmt::format("{}-{:0{}}", kind, lsn.raw, kNumberDigits);
}

std::optional<Lsn> number_of(std::string_view kind, std::string_view name) {
  if (name.size() != kind.size() + 1 + kNumberDigits) return std::nullopt;
  if (name.substr(0, kind.size()) != kind || name[kind.size()] != '-') return std::nullopt;
  const std::string_view digits = name.substr(kind.size() + 1);
  Lsn lsn;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), lsn.raw);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return lsn;
}

}  // namespace multiaz::replication
