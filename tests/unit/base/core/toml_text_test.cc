#include "base/core/toml_text.h"

#include <gtest/gtest.h>

namespace multiaz {
namespace {

TEST(TomlText, HasAsciiOutsideStringsAndComments) {
  EXPECT_TRUE(check_toml_text("a = \"é\" # ü\n'ß' = '''\nä\n'''\n").ok());
  EXPECT_TRUE(check_toml_text("\xef\xbb\xbf[web]\n").ok());
  EXPECT_TRUE(check_toml_text("a = \"\\\"é\"\n").ok());
  EXPECT_EQ(check_toml_text("[web]\né = 1\n").error().detail,
            "line 2: outside quotes and comments TOML has only ASCII");
  EXPECT_FALSE(check_toml_text("a = \"open\né = 1").ok());
  EXPECT_FALSE(check_toml_text("\xc9\x96").ok());
}

}  // namespace
}  // namespace multiaz
