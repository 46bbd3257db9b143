#include "orchestrator/shell/log_rotation.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace multiaz::orchestrator {
namespace {

TEST(LogRotation, EmptiesWhatIsTooLargeAndKeepsACopy) {
  char folder[] = "/tmp/multiaz-rotation-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string base(folder);
  std::ofstream writer(base + "/web-a1.log", std::ios::app);
  writer << std::string(2000, 'x') << std::flush;
  std::ofstream(base + "/small.log") << "small";
  EXPECT_EQ(rotate_logs(base, 1000), 1);
  EXPECT_EQ(std::filesystem::file_size(base + "/web-a1.log.1"), 2000U);
  writer << "goes on" << std::flush;  // the writer has the same descriptor as before
  EXPECT_EQ(std::filesystem::file_size(base + "/web-a1.log"), 7U);
  EXPECT_EQ(rotate_logs(base, 1000), 0);
  std::filesystem::remove_all(base);
}

}  // namespace
}  // namespace multiaz::orchestrator
