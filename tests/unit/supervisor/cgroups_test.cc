#include "supervisor/cgroups.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace multiaz::supervisor {
namespace {

namespace fs = std::filesystem;

// A folder that looks like /sys/fs/cgroup: the kernel's files appear when a group is made.
struct FakeRoot {
  std::string path = testing::TempDir() + "cgroups-" + std::to_string(getpid());
  FakeRoot() { fs::create_directories(path); }
  ~FakeRoot() { fs::remove_all(path); }
  void file(const std::string& name, const std::string& text = "") const {
    fs::create_directories(fs::path(path + "/" + name).parent_path());
    std::ofstream(path + "/" + name) << text;
  }
  std::string text(const std::string& name) const {
    std::ifstream in(path + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  std::string mine(const std::string& id) const {
    return "multiaz-" + std::to_string(getpid()) + "-" + id;
  }
};

TEST(Cgroups, Version1TakesBothHierarchies) {
  FakeRoot root;
  root.file("cpu/" + root.mine("web-a1") + "/cpu.cfs_quota_us");
  root.file("memory/box/" + root.mine("web-a1") + "/memory.limit_in_bytes");
  Cgroups cgroups(root.path, "8:cpu:/\n7:memory:/box\n1:name=systemd:/\n");
  const auto join = cgroups.prepare("web-a1", {50, 64});
  ASSERT_TRUE(join.ok()) << join.error().detail;
  ASSERT_EQ(join->size(), 2u);
  EXPECT_EQ((*join)[0], root.path + "/cpu/" + root.mine("web-a1") + "/cgroup.procs");
  EXPECT_EQ(root.text("cpu/" + root.mine("web-a1") + "/cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(root.text("memory/box/" + root.mine("web-a1") + "/memory.limit_in_bytes"), "67108864");
}

TEST(Cgroups, Version2MovesAsideAndHandsControllersOn) {
  FakeRoot root;
  root.file("user/cgroup.controllers", "cpu memory");
  root.file("user/cgroup.subtree_control");
  root.file("user/cgroup.procs");
  root.file("user/" + root.mine("supervisor") + "/cgroup.procs");
  root.file("user/" + root.mine("db-a1") + "/cpu.max");
  root.file("user/" + root.mine("db-a1") + "/memory.max");
  Cgroups cgroups(root.path, "0::/user\n");
  const auto join = cgroups.prepare("db-a1", {150, 100});
  ASSERT_TRUE(join.ok()) << join.error().detail;
  EXPECT_EQ(join->size(), 1u);
  EXPECT_EQ(root.text("user/" + root.mine("supervisor") + "/cgroup.procs"), "0");
  EXPECT_EQ(root.text("user/cgroup.subtree_control"), "+cpu +memory");
  EXPECT_EQ(root.text("user/" + root.mine("db-a1") + "/cpu.max"), "150000 100000");
  EXPECT_EQ(root.text("user/" + root.mine("db-a1") + "/memory.max"), "104857600");
}

TEST(Cgroups, WhereItMayNotItSaysWhy) {
  FakeRoot root;
  root.file("cgroup.controllers", "cpu memory");
  Cgroups delegated_to_nobody(root.path, "0::/\n");
  const auto refused = delegated_to_nobody.prepare("web-a1", {50, 0});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().detail.find("not delegated"), std::string::npos);
  Cgroups none(root.path + "/elsewhere", "");
  EXPECT_EQ(none.prepare("web-a1", {50, 0}).error().detail, "there are no control groups here");
  EXPECT_TRUE(none.prepare("web-a1", {0, 0})->empty());
}

TEST(Cgroups, WhatDeadSupervisorsLeftIsRemoved) {
  FakeRoot root;
  fs::create_directories(root.path + "/cpu/multiaz-4194303-web-a1");  // above every pid
  fs::create_directories(root.path + "/cpu/" + root.mine("web-b1"));
  fs::create_directories(root.path + "/cpu/somebody-else");
  Cgroups cgroups(root.path, "8:cpu:/\n");
  EXPECT_FALSE(fs::exists(root.path + "/cpu/multiaz-4194303-web-a1"));
  EXPECT_TRUE(fs::exists(root.path + "/cpu/" + root.mine("web-b1")));
  EXPECT_TRUE(fs::exists(root.path + "/cpu/somebody-else"));
}

}  // namespace
}  // namespace multiaz::supervisor
