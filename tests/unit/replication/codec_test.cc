// Messages as bytes: golden bytes, encoding and decoding, and messages cut short at every byte.
#include "replication/codec.h"

#include <gtest/gtest.h>

#include "base/core/random.h"

namespace multiaz::replication {
namespace {

View view() {
  return *restore_view("4 primary=b/9 in_sync=b:6f,c:77 learners=a,d(replica)");
}

std::vector<Message> samples() {
  AppendBatch batch{Epoch(3), 7, Lsn(41), Epoch(2), 0x1122334455667788, Lsn(40), {}};
  batch.records.push_back({Epoch(3), Lsn(42), 99, std::string("\x00pay\xff", 5)});
  batch.records.push_back({Epoch(3), Lsn(43), 100, ""});
  const History history{{Epoch(1), Lsn(1)}, {Epoch(3), Lsn(42)}};
  return {Handshake{1, "shop", "cache", NodeId("a"), Incarnation("6f"), Launch(3), "n", "p"},
          Lead{view(), 7, Lsn(5), Lsn(43), history},
          Ack{Epoch(3), 7, Lsn(43), Lsn(42), true},
          batch,
          Heartbeat{Epoch(3), 123'456'789'000, Lsn(40), 7},
          HeartbeatAck{Epoch(3), 123'456'789'000, Lsn(43)},
          Nack{Epoch(3), 7, Lsn(44)},
          Reject{view()},
          SnapshotBegin{Epoch(3), 7, {Lsn(40), 0xfedcba9876543210, history}},
          SnapshotChunk{7, 2, std::string(300, 'c')},
          SnapshotEnd{7, 3}};
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

TEST(Codec, EveryMessageGoesThereAndBack) {
  for (const Message& message : samples()) {
    const std::string bytes = encode(message);
    const auto back = decode(bytes);
    ASSERT_TRUE(back.ok()) << name_of(message) << ": " << back.error().text();
    EXPECT_EQ(describe(*back), describe(message));
    EXPECT_EQ(encode(*back), bytes);
  }
}

TEST(Codec, GoldenBytes) {
  EXPECT_EQ(hex(encode(Ack{Epoch(3), 7, Lsn(43), Lsn(42), true})), "960203072b2ac3");
  EXPECT_EQ(hex(encode(Heartbeat{Epoch(3), 300, Lsn(40), 7})), "950403cd012c2807");
  EXPECT_EQ(hex(encode(Reject{view()})),
            "920795"
            "04a16209"
            "9292a162a236669"
            "2a163a23737"
            "92"
            "92a161c3"
            "92a164c2");
  AppendBatch batch{Epoch(3), 7, Lsn(41), Epoch(2), 5, Lsn(40), {}};
  batch.records.push_back({Epoch(3), Lsn(42), 99, "pay"});
  EXPECT_EQ(hex(encode(batch)),
            "980303072902052891"
            "94032a63a3706179");
}

TEST(Codec, ABatchFromElsewhereIsTheSame) {
  const auto all = samples();
  const auto& batch = std::get<AppendBatch>(all[3]);
  std::vector<RecordRef> refs;
  for (const Record& r : batch.records) refs.push_back({r.epoch, r.lsn, r.hash, r.payload});
  EXPECT_EQ(encode_batch(batch, refs), encode(batch));
}

TEST(Codec, RefusesWhatIsCutShortOrTooLong) {
  for (const Message& message : samples()) {
    const std::string bytes = encode(message);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const auto cut = decode(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(cut.ok()) << name_of(message) << " cut at " << size;
      EXPECT_EQ(cut.error().code, Code::kCorrupt);
    }
    EXPECT_FALSE(decode(bytes + '\0').ok());
  }
}

TEST(Codec, SurvivesFlippedBytes) {
  const uint64_t seed = 20260401;
  Random random(seed);
  for (const Message& message : samples())
    for (int i = 0; i < 300; ++i) {
      std::string bytes = encode(message);
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
      const auto decoded = decode(bytes);
      EXPECT_FALSE(decoded.ok() && describe(*decoded).empty()) << "seed " << seed;
    }
}

TEST(Codec, AViewWhosePrimaryIsNotInSyncIsRefused) {
  View wrong = view();
  wrong.primary = NodeId("x");
  EXPECT_FALSE(decode(encode(Reject{wrong})).ok());
}

}  // namespace
}  // namespace multiaz::replication
