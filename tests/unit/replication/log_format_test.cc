// The log's files as bytes: an older version's data folder must still be readable, so these bytes
// do not change without a new magic.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "replication/log/format.h"
#include "replication/log/meta.h"

namespace multiaz::replication {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

TEST(LogFormat, ARecordsGoldenBytes) {
  std::string bytes;
  write_record(Record{Epoch(3), Lsn(42), 0x1122334455667788, "pay\x01"}, Lsn(40), bytes);
  EXPECT_EQ(hex(bytes),
            "165e7ddeeb5b3598"  // check
            "4d5a524c"          // MZRL
            "04000000"          // payload
            "0300000000000000"  // epoch
            "2a00000000000000"  // lsn
            "8877665544332211"  // chain hash
            "2800000000000000"  // commit
            "7061790100000000");
  const auto back = parse_record(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->payload, "pay\x01");
  EXPECT_EQ(back->bytes, bytes.size());
  EXPECT_EQ(back->head.commit, 40u);
}

TEST(LogFormat, ASegmentHeadsGoldenBytes) {
  const std::string bytes = segment_head(Lsn(43), 0x1122334455667788);
  EXPECT_EQ(hex(bytes),
            "4d5a4c4f47303031"  // MZLOG001
            "2b00000000000000"
            "8877665544332211"
            "06a33a3b928e8a13");
  ASSERT_TRUE(parse_segment_head(bytes));
  EXPECT_EQ(parse_segment_head(bytes)->first, 43u);
}

TEST(LogFormat, MetadataIsText) {
  Meta meta;
  meta.incarnation = Incarnation("6f");
  meta.view = *restore_view("4 primary=b/9 in_sync=b:6f,c:77 learners=a,d(replica)");
  meta.addresses = {{NodeId("b"), "127.20.2.61:7946"}};
  const std::string text = encode_meta(meta);
  EXPECT_EQ(text,
            "multiaz-replication 1\n"
            "incarnation 6f\n"
            "view 4 primary=b/9 in_sync=b:6f,c:77 learners=a,d(replica)\n"
            "address b 127.20.2.61:7946\n"
            "check e439e946f0a3e521\n");
  EXPECT_EQ(*decode_meta(text), meta);
  for (size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(decode_meta(text.substr(0, cut)));
}

TEST(LogFormat, ARecordCutShortIsNone) {
  std::string bytes;
  write_record(Record{Epoch(1), Lsn(1), 5, std::string(100, 'x')}, Lsn(0), bytes);
  for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(parse_record(bytes.substr(0, cut)));
}

}  // namespace
}  // namespace multiaz::replication
