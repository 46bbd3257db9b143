#include "replication/codec.h"

#include <array>
#include <variant>

#include "base/wire/msgpack.h"

namespace multiaz::replication {
namespace {

namespace mp = wire::msgpack;

constexpr size_t kNameBytesMax = 256;
constexpr size_t kMembersMax = 1024;
constexpr size_t kHistoryMax = 1u << 20;

// ---- writing: one overload for each kind of field; a message is the array [type, fields...]

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <typename... Fields>
  void all(const Fields&... fields) {
    (put(fields), ...);
  }
  template <typename... Fields>
  void array(const Fields&... fields) {
    mp::write_array(sizeof...(fields), out_);
    all(fields...);
  }
  void put(uint64_t value) { mp::write_uint(value, out_); }
  void put(uint32_t value) { mp::write_uint(value, out_); }
  void put(bool value) { mp::write_bool(value, out_); }
  void put(std::string_view text) { mp::write_string(text, out_); }
  void put(const std::string& text) { mp::write_string(text, out_); }
  template <typename Tag, typename Raw>
  void put(const StrongId<Tag, Raw>& id) {
    put(id.raw);
  }
  void put(const MemberRef& m) { array(m.id, m.incarnation); }
  void put(const LearnerRef& l) { array(l.id, l.candidate); }
  void put(const EpochStart& s) { array(s.epoch, s.first); }
  void put(const View& v) { array(v.epoch, v.primary, v.launch, v.in_sync, v.learners); }
  void put(const Mark& m) { array(m.lsn, m.hash, m.history); }
  void put(const RecordRef& r) { array(r.epoch, r.lsn, r.hash, r.payload); }
  template <typename T>
  void put(const std::vector<T>& items) {
    mp::write_array(items.size(), out_);
    for (const T& item : items) put(item);
  }

 private:
  std::string& out_;
};

// ---- reading: the same fields in the same order; false as soon as one does not fit

class Source {
 public:
  explicit Source(std::string_view bytes) : reader_(bytes) {}
  template <typename... Fields>
  bool all(Fields&... fields) {
    return (get(fields) && ...);
  }
  bool begins(size_t items) {  // an array of exactly so many items
    size_t count = 0;
    return reader_.read_array(count) && count == items;
  }
  template <typename... Fields>
  bool array_of(Fields&... fields) {
    return begins(sizeof...(fields)) && all(fields...);
  }
  bool get(uint64_t& value) { return reader_.read_uint(value); }
  bool get(uint32_t& value) {
    uint64_t wide = 0;
    if (!reader_.read_uint(wide) || wide > UINT32_MAX) return false;
    value = static_cast<uint32_t>(wide);
    return true;
  }
  bool get(bool& value) { return reader_.read_bool(value); }
  bool get(std::string& text) {
    std::string_view view;
    if (!reader_.read_string(view)) return false;
    text.assign(view);
    return true;
  }
  template <typename Tag>
  bool get(StrongId<Tag, uint64_t>& id) {
    return reader_.read_uint(id.raw);
  }
  template <typename Tag>
  bool get(StrongId<Tag, std::string>& id) {
    return get(id.raw) && id.raw.size() <= kNameBytesMax;
  }
  bool get(MemberRef& m) { return array_of(m.id, m.incarnation); }
  bool get(LearnerRef& l) { return array_of(l.id, l.candidate); }
  bool get(EpochStart& s) { return array_of(s.epoch, s.first); }
  bool get(Record& r) { return array_of(r.epoch, r.lsn, r.hash, r.payload); }
  bool get(Mark& m) { return begins(3) && all(m.lsn, m.hash) && items(m.history, kHistoryMax); }
  bool get(View& v) {
    return begins(5) && all(v.epoch, v.primary, v.launch) && items(v.in_sync, kMembersMax) &&
           items(v.learners, kMembersMax) && v.in_sync_member(v.primary) != nullptr;
  }
  template <typename T>
  bool items(std::vector<T>& out, size_t max) {
    size_t count = 0;
    if (!reader_.read_array(count) || count > max) return false;
    for (size_t i = 0; i < count; ++i) {
      T item;
      if (!get(item)) return false;
      out.push_back(std::move(item));
    }
    return true;
  }
  bool array(size_t& count) { return reader_.read_array(count); }
  bool done() const { return reader_.done(); }

 private:
  mp::Reader reader_;
};

// ---- the messages: type number (the place in Message), number of fields, fields

void write(Writer& w, const Handshake& m) {
  w.all(m.version, m.cluster, m.group, m.id, m.incarnation, m.launch, m.nonce, m.proof);
}
bool read(Source& s, Handshake& m) {
  return s.all(m.version, m.cluster, m.group, m.id, m.incarnation, m.launch, m.nonce, m.proof);
}
void write(Writer& w, const Lead& m) {
  w.all(m.view, m.round, m.base, m.tail, m.history);
}
bool read(Source& s, Lead& m) {
  return s.all(m.view, m.round, m.base, m.tail) && s.items(m.history, kHistoryMax);
}
void write(Writer& w, const Ack& m) {
  w.all(m.epoch, m.round, m.appended, m.durable, m.need_snapshot);
}
bool read(Source& s, Ack& m) {
  return s.all(m.epoch, m.round, m.appended, m.durable, m.need_snapshot);
}
void write_head(Writer& w, const AppendBatch& m) {
  w.all(m.epoch, m.round, m.prev, m.prev_epoch, m.prev_hash, m.commit);
}
bool read(Source& s, AppendBatch& m) {
  return s.all(m.epoch, m.round, m.prev, m.prev_epoch, m.prev_hash, m.commit) &&
         s.items(m.records, kRecordsInBatchMax);
}
void write(Writer& w, const Heartbeat& m) {
  w.all(m.epoch, m.sent_ns, m.commit, m.current_round);
}
bool read(Source& s, Heartbeat& m) {
  return s.all(m.epoch, m.sent_ns, m.commit, m.current_round);
}
void write(Writer& w, const HeartbeatAck& m) {
  w.all(m.epoch, m.sent_ns, m.tail);
}
bool read(Source& s, HeartbeatAck& m) {
  return s.all(m.epoch, m.sent_ns, m.tail);
}
void write(Writer& w, const Nack& m) {
  w.all(m.epoch, m.round, m.expected);
}
bool read(Source& s, Nack& m) {
  return s.all(m.epoch, m.round, m.expected);
}
void write(Writer& w, const Reject& m) {
  w.all(m.view);
}
bool read(Source& s, Reject& m) {
  return s.all(m.view);
}
void write(Writer& w, const SnapshotBegin& m) {
  w.all(m.epoch, m.round, m.mark);
}
bool read(Source& s, SnapshotBegin& m) {
  return s.all(m.epoch, m.round, m.mark);
}
void write(Writer& w, const SnapshotChunk& m) {
  w.all(m.round, m.index, m.bytes);
}
bool read(Source& s, SnapshotChunk& m) {
  return s.all(m.round, m.index, m.bytes);
}
void write(Writer& w, const SnapshotEnd& m) {
  w.all(m.round, m.chunks);
}
bool read(Source& s, SnapshotEnd& m) {
  return s.all(m.round, m.chunks);
}

// The number of items in each message's array, the type included.
constexpr std::array<size_t, std::variant_size_v<Message::variant>> kItems{9, 6, 6, 8, 5, 4,
                                                                           4, 2, 4, 4, 3};

void begin(size_t type, std::string& out) {
  mp::write_array(kItems[type], out);
  mp::write_uint(type, out);
}

template <size_t Type>
bool read_type(Source& source, Message& out) {
  std::variant_alternative_t<Type, Message::variant> message;
  if (!read(source, message)) return false;
  out = std::move(message);
  return true;
}

template <size_t... Types>
bool read_any(uint64_t type, Source& source, Message& out, std::index_sequence<Types...>) {
  return ((type == Types && read_type<Types>(source, out)) || ...);
}

}  // namespace

std::string encode_batch(const AppendBatch& head, const std::vector<RecordRef>& records) {
  size_t bytes = 64;
  for (const RecordRef& record : records) bytes += record.payload.size() + 40;
  std::string out;
  out.reserve(bytes);
  begin(Message(AppendBatch()).index(), out);
  Writer writer(out);
  write_head(writer, head);
  writer.put(records);
  return out;
}

std::string encode(const Message& message) {
  if (const auto* batch = std::get_if<AppendBatch>(&message)) {
    std::vector<RecordRef> records;
    for (const Record& r : batch->records) records.push_back({r.epoch, r.lsn, r.hash, r.payload});
    return encode_batch(*batch, records);
  }
  std::string out;
  begin(message.index(), out);
  Writer writer(out);
  std::visit(
      [&writer](const auto& m) {
        if constexpr (!std::is_same_v<decltype(m), const AppendBatch&>) write(writer, m);
      },
      message);
  return out;
}

Result<Message> decode(std::string_view bytes) {
  Source source(bytes);
  size_t items = 0;
  uint64_t type = 0;
  if (!source.array(items) || !source.get(type) || type >= kItems.size())
    return Error(Code::kCorrupt, "not a replication message");
  Message message;
  constexpr auto kTypes = std::make_index_sequence<std::variant_size_v<Message::variant>>();
  if (items != kItems[type] || !read_any(type, source, message, kTypes) || !source.done())
    return Error(Code::kCorrupt, "malformed message of type " + std::to_string(type));
  return message;
}

}  // namespace multiaz::replication
