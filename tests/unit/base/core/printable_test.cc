#include "base/core/printable.h"

#include <gtest/gtest.h>

namespace multiaz {
namespace {

TEST(Printable, TextStaysAsItIs) {
  EXPECT_EQ(printable("db-a1 is \"ready\" \\ after 5 ms"), "db-a1 is \"ready\" \\ after 5 ms");
  EXPECT_EQ(printable("Zürich — 東京 😀"), "Zürich — 東京 😀");
}

TEST(Printable, NothingStartsALineOrMovesACursor) {
  EXPECT_EQ(printable("a\nb\r\tc"), "a\\x0ab\\x0d\\x09c");
  EXPECT_EQ(printable("\x1b[2J\x7f"), "\\x1b[2J\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\xc2\x9b[2J"), "\\xc2\\x9b[2J");  // CSI as one character of C1
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
}

TEST(Printable, BytesThatAreNoUtf8AreShownAsBytes) {
  EXPECT_EQ(printable("\xff\x9b"), "\\xff\\x9b");
  EXPECT_EQ(printable("\xc0\x8a"), "\\xc0\\x8a");           // overlong newline
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // half of a surrogate pair
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe6\x9d"), "\\xe6\\x9d");  // cut off
}

TEST(Printable, ALongTextIsCutBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc...");
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("aü", 2), "a...");
  EXPECT_EQ(printable("\x80\x80\x80\x80\x80\x80", 5), "\\x80\\x80...");
}

}  // namespace
}  // namespace multiaz
