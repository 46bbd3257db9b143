#include "base/wire/dns.h"

#include <gtest/gtest.h>

#include <optional>

namespace multiaz::wire::dns {
namespace {

using namespace std::string_view_literals;

// The query of "dig +norec shop.multiaz.test", as on the wire.
constexpr auto kQuery =
    "\x12\x34\0\0\0\1\0\0\0\0\0\1\4shop\7multiaz\4test\0\0\1\0\1"
    "\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08"
    "cookie12"sv;

Record a_record(std::string name, uint8_t last) {
  Record out;
  out.name = std::move(name);
  out.ttl_s = 1;
  out.data = A{{127, 20, 1, last}};
  return out;
}

Message full_message() {
  Message out;
  out.id = 7;
  out.response = out.authoritative = out.recursion_desired = true;
  out.questions.push_back(Question{"cache.multiaz.test", kAny, kClassIn});
  out.answers.push_back(a_record("cache.multiaz.test", 61));
  Record record;
  record.name = "db.multiaz.test";
  record.ttl_s = 60;
  record.type = kAaaa;
  record.data = Aaaa{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
  out.answers.push_back(record);
  record.type = kCname;
  record.data = Cname{"db-a1.multiaz.test"};
  out.answers.push_back(record);
  record.type = kTxt;
  record.data = Txt{{"zone=az-a", "", std::string(255, 'x')}};
  out.answers.push_back(record);
  record.type = 99;
  record.data = Raw{std::string("\0raw", 4)};
  out.answers.push_back(record);
  record.name = "multiaz.test";
  record.type = kNs;
  record.data = Ns{"ns.multiaz.test"};
  out.authority.push_back(record);
  record.type = kSoa;
  record.data = Soa{"ns.multiaz.test", "host\\.master.multiaz.test", 1, 2, 3, 4, 5};
  out.authority.push_back(record);
  out.additional.push_back(a_record("ns.multiaz.test", 1));
  out.edns = Edns{4096, 0, true, {{10, "cookie"}}};
  out.rcode = 0x123;
  return out;
}

TEST(Dns, ReadsAQueryOfDig) {
  auto query = decode(kQuery);
  ASSERT_TRUE(query.ok()) << query.error().text();
  EXPECT_EQ(query->id, 0x1234);
  EXPECT_FALSE(query->response);
  ASSERT_EQ(query->questions.size(), 1u);
  EXPECT_EQ(query->questions[0], (Question{"shop.multiaz.test", kA, kClassIn}));
  ASSERT_TRUE(query->edns.has_value());
  EXPECT_EQ(query->edns->udp_bytes, 1232);
  EXPECT_EQ(query->edns->options[0], (EdnsOption{10, "cookie12"}));
  EXPECT_TRUE(query->additional.empty()) << "OPT is not a record";
}

TEST(Dns, AnswersItWithCompressedNames) {
  auto query = decode(kQuery);
  ASSERT_TRUE(query.ok());
  auto answer = make_response(*query);
  answer.authoritative = true;
  answer.answers.push_back(a_record("shop.multiaz.test", 9));
  answer.answers.push_back(a_record("b.multiaz.test", 10));
  const auto bytes = encode(answer);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes,
            "\x12\x34\x84\0\0\1\0\2\0\0\0\1\4shop\7multiaz\4test\0\0\1\0\1"
            "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\x14\1\x09"
            "\1b\xc0\x11\0\1\0\1\0\0\0\1\0\4\x7f\x14\1\x0a"
            "\0\0\x29\x04\xd0\0\0\0\0\0\0"sv);
}

TEST(Dns, GoesBothWays) {
  const auto message = full_message();
  const auto bytes = encode(message);
  ASSERT_TRUE(bytes.ok());
  auto back = decode(*bytes);
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_EQ(*back, message);
}

TEST(Dns, KeepsTheCaseOfEachName) {
  Message message;
  message.questions.push_back(Question{"ShOp.multiaz.test"});
  message.answers.push_back(a_record("shop.MULTIAZ.test", 9));
  EXPECT_EQ(decode(encode(message).value()).value(), message);
}

TEST(Dns, RefusesEveryCut) {
  const auto bytes = encode(full_message()).value();
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(decode(std::string_view(bytes).substr(0, size)).ok()) << size;
  EXPECT_FALSE(decode(bytes + "x").ok());
}

std::string question(std::string_view name) {
  return std::string("\0\1\0\0\0\1\0\0\0\0\0\0", 12) + std::string(name) +
         std::string("\0\1\0\1", 4);
}

TEST(Dns, RefusesNamesThatLoopOrRunAway) {
  EXPECT_TRUE(decode(question("\1a\0"sv)).ok());
  std::string long_name;
  for (int i = 0; i < 4; ++i) long_name += '\x3f' + std::string(63, 'a');
  for (const auto& name : {
           std::string("\xc0\x0c"),     // to itself
           std::string("\1a\xc0\x0c"),  // to its own beginning
           std::string("\xc0\x20"),     // forwards
           std::string("\xff\xff"),     // beyond the end
           std::string("\x40"
                       "a\0",
                       3),                    // reserved length
           std::string("\1a"),                // no end
           long_name + std::string(1, '\0'),  // 257 bytes
       })
    EXPECT_FALSE(decode(question(name)).ok());
  // A pointer into the header is odd, but it ends; the test is that nothing loops.
  EXPECT_TRUE(decode(question("\xc0\x02"sv)).ok());
}

TEST(Dns, KeepsOddNamesReadable) {
  auto message = decode(question("\3a.b\2\\\xe9\1 \0"sv));
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->questions[0].name, "a\\.b.\\\\\\233.\\032");
  EXPECT_EQ(encode(*message).value(), question("\3a.b\2\\\xe9\1 \0"sv));
}

TEST(Dns, RefusesToWriteImpossibleNames) {
  for (const auto& name :
       {std::string("a..b"), std::string(".a"), std::string("a."), std::string(64, 'a'),
        std::string("a\\"), std::string("\\25"), std::string("\\256")}) {
    Message message;
    message.questions.push_back(Question{name});
    EXPECT_FALSE(encode(message).ok()) << name;
  }
  Message message;
  message.rcode = 16;
  EXPECT_FALSE(encode(message).ok()) << "needs EDNS";
  message.rcode = 0;
  Record record;
  record.type = kAaaa;  // holds an A
  message.answers.push_back(record);
  EXPECT_FALSE(encode(message).ok());
}

TEST(Dns, TruncatesWholeRecordsAndSaysSo) {
  auto message = make_response(decode(kQuery).value());
  for (int i = 0; i < 100; ++i) message.answers.push_back(a_record("shop.multiaz.test", 1));
  const auto bytes = encode(message, kUdpBytesMax);
  ASSERT_TRUE(bytes.ok());
  EXPECT_LE(bytes->size(), kUdpBytesMax);
  auto back = decode(*bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back->truncated);
  EXPECT_TRUE(back->edns.has_value()) << "OPT always fits";
  EXPECT_EQ(back->answers.size(), 29u);
  message.additional.swap(message.answers);
  back = decode(encode(message, kUdpBytesMax).value());
  ASSERT_TRUE(back.ok());
  EXPECT_FALSE(back->truncated) << "additional records are a courtesy";
}

TEST(Dns, CompressesNothingAgainstRecordsThatWereTakenBack) {
  Message message;
  message.answers.push_back(a_record("first.test", 1));
  message.answers.push_back(a_record(std::string(60, 'x') + ".second.test", 1));
  message.edns = Edns();
  const auto bytes = encode(message, 80);
  ASSERT_TRUE(bytes.ok());
  auto back = decode(*bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->answers.size(), 1u);
}

TEST(Dns, RefusesASecondOpt) {
  auto bytes = std::string(kQuery);
  bytes[11] = 2;
  bytes += std::string("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
  EXPECT_FALSE(decode(bytes).ok());
  EXPECT_EQ(peek_id(bytes), 0x1234);
  EXPECT_EQ(peek_id("short"), std::nullopt);
}

TEST(Dns, LimitsTheRecords) {
  EXPECT_EQ(decode("\0\1\0\0\xff\xff\0\0\0\0\0\0"sv).error().code, Code::kLimit);
}

TEST(Dns, ComparesNamesWithoutCase) {
  EXPECT_TRUE(same_name("Shop.MultiAZ.test", "shop.multiaz.TEST"));
  EXPECT_TRUE(is_below("a.b.test", "B.test"));
  EXPECT_TRUE(is_below("b.test", "b.test"));
  EXPECT_TRUE(is_below("anything", ""));
  EXPECT_FALSE(is_below("ab.test", "b.test"));
  EXPECT_FALSE(is_below("a\\.b.test", "b.test"));
  EXPECT_FALSE(is_below("test", "b.test"));
}

}  // namespace
}  // namespace multiaz::wire::dns
