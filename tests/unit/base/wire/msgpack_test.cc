#include "base/wire/msgpack.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace multiaz::wire::msgpack {
namespace {

using nlohmann::json;

TEST(Msgpack, WritesWhatOtherImplementationsRead) {
  for (const uint64_t value : {0ULL, 127ULL, 128ULL, 255ULL, 256ULL, 65535ULL, 65536ULL,
                               4294967295ULL, 4294967296ULL, 18446744073709551615ULL}) {
    std::string out;
    write_uint(value, out);
    const auto reference = json::to_msgpack(json(value));
    EXPECT_EQ(out, std::string(reference.begin(), reference.end())) << value;
    uint64_t back = 0;
    EXPECT_TRUE(Reader(out).read_uint(back));
    EXPECT_EQ(back, value);
  }
  for (const int64_t value : {0LL, -1LL, -32LL, -33LL, -128LL, -129LL, -32768LL, -32769LL,
                              -2147483648LL, -2147483649LL, LLONG_MIN, LLONG_MAX}) {
    std::string out;
    write_int(value, out);
    const auto reference = json::to_msgpack(json(value));
    EXPECT_EQ(out, std::string(reference.begin(), reference.end())) << value;
    int64_t back = 0;
    EXPECT_TRUE(Reader(out).read_int(back));
    EXPECT_EQ(back, value);
  }
  for (const size_t size : {0u, 15u, 16u, 31u, 32u, 255u, 256u, 65535u, 65536u}) {
    std::string out;
    write_string(std::string(size, 's'), out);
    write_array(size, out);
    out.append(size, '\x01');
    std::string_view text;
    size_t items = 0;
    Reader reader(out);
    EXPECT_TRUE(reader.read_string(text) && reader.read_array(items)) << size;
    EXPECT_EQ(text.size(), size);
    EXPECT_EQ(items, size);
    EXPECT_EQ(json::from_msgpack(out, false, false).is_string(), true);
  }
}

TEST(Msgpack, SkipsEveryType) {
  // Covers nil, bool, numbers, strings, bytes, arrays, maps, floats, extensions.
  const json everything = {{"nil", nullptr},
                           {"bool", true},
                           {"double", 1.5},
                           {"list", {1, -1, "x", {{"y", 2}}}},
                           {"bytes", json::binary({1, 2, 3})},
                           {"ext", json::binary({1, 2, 3, 4}, 7)},
                           {"ext3", json::binary({1, 2, 3}, 7)},
                           {"float", 0.25f}};
  const auto packed = json::to_msgpack(everything);
  const std::string bytes(packed.begin(), packed.end());
  Reader reader(bytes);
  EXPECT_TRUE(reader.skip());
  EXPECT_TRUE(reader.done());
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(Reader(std::string_view(bytes).substr(0, size)).skip()) << size;
}

TEST(Msgpack, EndsWhereAPeerWantsDepth) {
  EXPECT_FALSE(Reader(std::string(100'000, '\x91')).skip());
  EXPECT_TRUE(Reader(std::string(kDepthMax, '\x91') + '\xc0').skip());
}

TEST(Msgpack, BelievesNoCountThatCannotBe) {
  size_t count = 0;
  EXPECT_FALSE(Reader("\xdd\xff\xff\xff\xff").read_array(count));
  EXPECT_FALSE(Reader("\xdf\x00\x00\x00\x02\x01\x01\x01").read_map(count));
  std::string_view text;
  EXPECT_FALSE(Reader("\xdb\xff\xff\xff\xff").read_string(text));
  EXPECT_FALSE(Reader("\xc1").skip()) << "never used";
}

TEST(Msgpack, StaysWhereItIsOnAMismatch) {
  std::string out;
  write_string("text", out);
  Reader reader(out);
  uint64_t number = 0;
  bool flag = false;
  EXPECT_FALSE(reader.read_uint(number));
  EXPECT_FALSE(reader.read_bool(flag));
  std::string_view text;
  EXPECT_TRUE(reader.read_string(text));
  EXPECT_EQ(text, "text");
  EXPECT_TRUE(reader.done());
  int64_t small = 0;
  EXPECT_FALSE(Reader("\xcf\xff\xff\xff\xff\xff\xff\xff\xff").read_int(small)) << "too big";
  EXPECT_FALSE(Reader("\xff").read_uint(number)) << "negative";
}

TEST(Msgpack, HandsOutOneItemAsAReaderOfItsOwn) {
  const auto packed = json::to_msgpack(json{{"list", {1, {{"y", -2}}}}, {"more", "x"}});
  const std::string bytes(packed.begin(), packed.end());
  Reader reader(bytes);
  size_t count = 0;
  std::string_view text;
  int64_t number = 0;
  ASSERT_TRUE(reader.read_map(count) && reader.read_string(text));
  Reader list = reader.take();
  ASSERT_TRUE(list.read_array(count) && list.read_int(number));
  Reader map = list.take();
  EXPECT_TRUE(list.done());
  ASSERT_TRUE(map.read_map(count) && map.read_string(text) && map.read_int(number));
  EXPECT_TRUE(map.done());
  EXPECT_EQ(number, -2);
  ASSERT_TRUE(reader.read_string(text) && reader.read_string(text));
  EXPECT_EQ(text, "x");
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.take().done()) << "nothing was left";
}

TEST(Msgpack, HasNothingOfAnItemThatIsCutShort) {
  Reader reader(std::string_view("\x01\x92\x02", 3));
  uint64_t number = 0;
  size_t count = 0;
  EXPECT_TRUE(reader.read_uint(number));
  EXPECT_FALSE(reader.read_array(count));
  EXPECT_FALSE(reader.skip());
  EXPECT_FALSE(reader.done());
}

}  // namespace
}  // namespace multiaz::wire::msgpack
