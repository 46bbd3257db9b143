#include "base/core/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

namespace multiaz {
namespace {

TEST(Descriptors, ClientsFitBesideTheReserve) {
  struct Case {
    uint64_t limit;
    size_t wanted, each, fit;
  };
  const Case cases[] = {
      {65'536, 6'000, 2, 6'000},   // enough for all
      {1'024, 6'000, 2, 448},      // a shell's limit, and a client that needs two
      {1'024, 4'096, 1, 896},      //
      {1'024, 100, 1, 100},        // never more than wanted
      {256, 4'096, 1, 128},        // half for clients, half in reserve
      {64, 4'096, 2, 16},          //
      {2, 4'096, 2, 1},  // at least one client can always connect
      {4'294'967'296, 10, 0, 10},  // an absurd limit causes no absurd result
  };
  for (const Case& one : cases) {
    EXPECT_EQ(clients_that_fit(one.limit, one.wanted, one.each, kDescriptorReserve), one.fit)
        << one.limit << " descriptors, " << one.each << " each";
  }
}

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
  const uint64_t limit = descriptor_limit();
  rlimit now{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &now), 0);
  EXPECT_EQ(now.rlim_cur, limit);
  EXPECT_GE(limit, std::min<uint64_t>(now.rlim_max, kDescriptorsMax));
  EXPECT_LE(descriptor_limit_at_start(), limit);
}

TEST(Descriptors, OnlyWhatWeLackIsAShortageOfOurs) {
  for (const int ours : {EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL}) {
    EXPECT_TRUE(is_own_shortage(ours)) << ours;
  }
  for (const int theirs : {ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENOSPC, EIO, 0}) {
    EXPECT_FALSE(is_own_shortage(theirs)) << theirs;
  }
}

}  // namespace
}  // namespace multiaz
