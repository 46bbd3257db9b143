// Questions about paths that the system answers with an error.
#include "base/core/paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace multiaz {
namespace {

struct Folder {
  Folder() { path = mkdtemp(name); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  char name[32] = "/tmp/multiaz-paths-XXXXXX";
  std::string path;
};

TEST(Paths, WhatCannotBeLookedAtIsNotThere) {
  const Folder folder;
  ASSERT_EQ(symlink("b", (folder.path + "/a").c_str()), 0);
  ASSERT_EQ(symlink("a", (folder.path + "/b").c_str()), 0);
  for (const std::string& path :
       {std::string(5000, 'x'), folder.path + "/a", folder.path + "/none", std::string()}) {
    EXPECT_FALSE(path_exists(path)) << path.substr(0, 40);
    EXPECT_FALSE(is_folder(path)) << path.substr(0, 40);
    EXPECT_TRUE(entries_of(path).empty()) << path.substr(0, 40);
  }
  EXPECT_TRUE(is_folder(folder.path));
  EXPECT_EQ(entries_of(folder.path).size(), 2U);
}

TEST(Paths, WithoutAWorkingFolderAPathStaysAsItIs) {
  char before[4096];
  ASSERT_NE(getcwd(before, sizeof before), nullptr);
  {
    const Folder folder;
    ASSERT_EQ(chdir(folder.path.c_str()), 0);
  }
  EXPECT_EQ(absolute_path("some/file"), "some/file");
  EXPECT_EQ(absolute_path("/some/file"), "/some/file");
  ASSERT_EQ(chdir(before), 0);
  EXPECT_EQ(absolute_path("some/file"), std::string(before) + "/some/file");
}

}  // namespace
}  // namespace multiaz
