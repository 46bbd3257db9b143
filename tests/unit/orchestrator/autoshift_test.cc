#include "orchestrator/zones/autoshift.h"

#include <gtest/gtest.h>

#include <map>

namespace multiaz::orchestrator {
namespace {

struct World {
  Autoshift autoshift;
  std::map<std::string, ZoneSigns> zones = {{"az-a", {4, 0}}, {"az-b", {4, 0}}, {"az-c", {4, 0}}};
  Nanos now = kSecond;

  // Ticks for that time; returns the changes: "az-a away", "az-a back".
  std::vector<std::string> pass_ms(uint64_t ms) {
    std::vector<std::string> out;
    for (uint64_t t = 0; t < ms; t += 20) {
      now += 20 * kMillisecond;
      for (const auto& change : autoshift.step(now, zones)) {
        out.push_back(change.zone + (change.away ? " away" : " back"));
      }
    }
    return out;
  }
};

using Lines = std::vector<std::string>;

TEST(Autoshift, ShiftsAnImpairedZoneAwayAndBack) {
  World world;
  EXPECT_EQ(world.pass_ms(1000), Lines{});
  world.zones["az-b"].impaired = 3;
  EXPECT_EQ(world.pass_ms(400), Lines{}) << "a moment is no impairment";
  EXPECT_EQ(world.pass_ms(200), Lines{"az-b away"});
  world.zones["az-b"].impaired = 1;
  EXPECT_EQ(world.pass_ms(5000), Lines{}) << "not all of it is well";
  world.zones["az-b"].impaired = 0;
  EXPECT_EQ(world.pass_ms(1900), Lines{});
  EXPECT_EQ(world.pass_ms(200), Lines{"az-b back"});
}

TEST(Autoshift, AFlappingZoneStaysAway) {
  World world;
  world.zones["az-b"].impaired = 4;
  EXPECT_EQ(world.pass_ms(600), Lines{"az-b away"});
  for (int i = 0; i < 10; ++i) {
    world.zones["az-b"].impaired = i % 2 ? 0 : 4;
    EXPECT_EQ(world.pass_ms(1000), Lines{});
  }
}

TEST(Autoshift, WhenSeveralZonesAreImpairedItIsNotTheZone) {
  World world;
  world.zones["az-a"].impaired = world.zones["az-b"].impaired = 4;
  EXPECT_EQ(world.pass_ms(5000), Lines{});
}

TEST(Autoshift, TheLastZoneKeepsItsTraffic) {
  World world;
  world.zones = {{"az-a", {4, 4}}};
  EXPECT_EQ(world.pass_ms(5000), Lines{});
}

}  // namespace
}  // namespace multiaz::orchestrator
