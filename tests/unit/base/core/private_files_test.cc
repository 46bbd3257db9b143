// Private folders and files: which ones are refused, and with which text.
#include "base/core/private_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace multiaz {
namespace {

namespace fs = std::filesystem;

class PrivateFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "private-XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string make(const std::string& name, mode_t mode) {
    const std::string path = root_ + "/" + name;
    mkdir(path.c_str(), 0700);
    chmod(path.c_str(), mode);
    return path;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat facts {};
    lstat(path.c_str(), &facts);
    return facts.st_mode & 07777;
  }
  static std::string text_of(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  std::string root_;
};

TEST_F(PrivateFiles, AFolderIsMadeForItsOwnerAlone) {
  const std::string path = root_ + "/new";
  ASSERT_TRUE(make_private_folder(path).ok());
  EXPECT_EQ(mode_of(path), 0700U);
  EXPECT_TRUE(make_private_folder(path).ok()) << "ours already";
}

TEST_F(PrivateFiles, AFolderThatOthersMayEnterIsRefused) {
  for (const mode_t mode : {0777, 0770, 0707, 0755, 0750, 0711, 01777}) {
    const std::string path = make("open", mode);
    const Status made = make_private_folder(path);
    ASSERT_FALSE(made.ok()) << mode;
    EXPECT_EQ(made.error().code, Code::kDenied);
    EXPECT_NE(made.error().detail.find(path), std::string::npos);
    EXPECT_NE(made.error().detail.find("chmod 700"), std::string::npos);
  }
}

TEST_F(PrivateFiles, AFolderThatWasChosenMayBeSeenButNotChangedByOthers) {
  EXPECT_TRUE(check_own_folder(make("seen", 0755)).ok());
  for (const mode_t mode : {0775, 0757, 01777}) {
    EXPECT_EQ(check_own_folder(make("seen", mode)).error().code, Code::kDenied) << mode;
  }
}

TEST_F(PrivateFiles, LinksAndFilesAreNoFolders) {
  make("real", 0700);
  fs::create_directory_symlink(root_ + "/real", root_ + "/link");
  std::ofstream(root_ + "/file") << "x";
  EXPECT_NE(make_private_folder(root_ + "/link").error().detail.find("is a link"),
            std::string::npos);
  EXPECT_NE(make_private_folder(root_ + "/file").error().detail.find("is no folder"),
            std::string::npos);
  EXPECT_EQ(check_private_folder(root_ + "/absent").error().code, Code::kNotFound);
}

TEST_F(PrivateFiles, AForeignFolderIsRefusedWithItsOwner) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  const std::string path = make("foreign", 0700);
  ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  EXPECT_NE(make_private_folder(path).error().detail.find("belongs to user 65534"),
            std::string::npos);
  EXPECT_EQ(check_ours(path).error().code, Code::kDenied);
  EXPECT_EQ(check_parent_folder(path).error().code, Code::kDenied);
}

TEST_F(PrivateFiles, AParentMayBeStickyButNotOpen) {
  EXPECT_TRUE(check_parent_folder(make("sticky", 01777)).ok());
  EXPECT_EQ(check_parent_folder(make("open", 0777)).error().code, Code::kDenied);
}

TEST_F(PrivateFiles, AFileTakesThePlaceOfALinkAndLeavesItsTargetAlone) {
  const std::string target = root_ + "/target", path = root_ + "/token";
  std::ofstream(target) << "old";
  fs::create_symlink(target, path);
  ASSERT_TRUE(write_private_file(path, "secret").ok());
  EXPECT_EQ(text_of(target), "old");
  EXPECT_EQ(text_of(path), "secret");
  EXPECT_FALSE(fs::is_symlink(path));
  EXPECT_EQ(mode_of(path), 0600U);
}

TEST_F(PrivateFiles, AFileThatCannotBeWrittenLeavesNothingBehind) {
  const std::string path = make("a-folder", 0700);
  EXPECT_FALSE(write_private_file(path, "x").ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(root_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace multiaz
