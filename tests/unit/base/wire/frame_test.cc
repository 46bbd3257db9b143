#include "base/wire/frame.h"

#include <gtest/gtest.h>

namespace multiaz::wire {
namespace {

TEST(Frame, IsALengthAndItsBytes) {
  std::string out;
  write_frame("abc", out);
  write_frame("", out);
  EXPECT_EQ(out, std::string("\0\0\0\3abc\0\0\0\0", 11));
  auto first = decode_frame(out);
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->payload, "abc");
  EXPECT_EQ((*first)->consumed, 7u);
  auto second = decode_frame(std::string_view(out).substr(7));
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->payload, "");
}

TEST(Frame, WaitsForEveryByteAndSaysHowMany) {
  std::string out;
  write_frame("hello", out);
  for (size_t size = 0; size < out.size(); ++size) {
    const auto part = std::string_view(out).substr(0, size);
    auto frame = decode_frame(part);
    ASSERT_TRUE(frame.ok());
    EXPECT_FALSE(frame->has_value()) << size;
  }
}

TEST(Frame, RefusesALengthAboveTheLimitAtOnce) {
  const std::string header("\x00\x01\x00\x00", 4);
  EXPECT_EQ(decode_frame(header, 65535).error().code, Code::kLimit);
  EXPECT_TRUE(decode_frame(header, 65536).ok());
  EXPECT_FALSE(decode_frame(std::string(4, '\xff')).ok());
}

TEST(Frame, CanBeBuiltInPlace) {
  std::string in_place = "before";
  const size_t at = begin_frame(in_place);
  in_place += "payload";
  end_frame(at, in_place);
  std::string at_once = "before";
  write_frame("payload", at_once);
  EXPECT_EQ(in_place, at_once);
}

}  // namespace
}  // namespace multiaz::wire
