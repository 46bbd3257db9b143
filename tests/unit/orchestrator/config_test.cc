// cluster.toml: what is accepted, and the exact messages for everything else.
#include <gtest/gtest.h>

#include <filesystem>

#include "orchestrator/plan/cluster_file.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {
namespace {

std::string complaint(const std::string& text) {
  const auto config = parse_cluster_file(text, "c.toml");
  return config ? "" : config.error().detail;
}

TEST(ClusterFile, EmptyMeansTheDefaults) {
  const auto config = parse_cluster_file("", "c.toml");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->zones, 3);
  EXPECT_EQ(config->web_count, 6);
  EXPECT_EQ(config->db_durability, "disk");
}

TEST(ClusterFile, TheExamplesAreGoodAndTheDefaultOneIsTheDefault) {
  for (const auto& entry : std::filesystem::directory_iterator("examples")) {
    if (entry.path().extension() != ".toml") continue;
    const auto config = read_cluster_file(entry.path());
    EXPECT_TRUE(config.ok()) << config.error().detail;
  }
  const auto spelled_out = read_cluster_file("examples/default.toml");
  ASSERT_TRUE(spelled_out.ok());
  EXPECT_EQ(build_plan(*spelled_out, 20), build_plan(Config(), 20));
}

TEST(ClusterFile, TakesEveryKeyOfTheTable) {
  const auto config = parse_cluster_file(R"(
[cluster]
name = "wide"
zones = 6
profile = "aws"
bug = "none"
[lb]
per_zone = 2
port = 9080
[web]
count = 12
port = 9081
[cache]
count = 4
durability = "memory"
port = 9379
[db]
standby = false
replicas = 2
durability = "memory"
port = 9432
[shop]
address = "127.0.0.1:9999"
[api]
port = 9070
[control]
port = 9071
silence_ms = 2000
replace_hung_after_ms = 9000
)",
                                         "c.toml");
  ASSERT_TRUE(config.ok()) << config.error().detail;
  EXPECT_EQ(config->name, "wide");
  EXPECT_EQ(config->zones, 6);
  EXPECT_EQ(config->lb_per_zone, 2);
  EXPECT_EQ(config->cache_durability, "memory");
  EXPECT_FALSE(config->db_standby);
  EXPECT_EQ(config->shop_address, "127.0.0.1:9999");
  EXPECT_EQ(config->replace_hung_after_ms, 9000);
}

TEST(ClusterFile, NamesFileLineKeyAndWhatIsAllowed) {
  const std::pair<std::string, std::string> table[] = {
      {"[web]\ncount = -1",
       "c.toml:2: web.count = -1 is not allowed: it takes an integer from 0 to 100"},
      {"[web]\ncount = 0", "c.toml:2: web.count: must lie between web.min (1) and web.max (87)"},
      {"[web]\nmin = 5\ncount = 7\nmax = 4",
       "c.toml:2: web.min: must not be above web.max (4)\n"
       "c.toml:3: web.count: must lie between web.min (5) and web.max (4)"},
      {"[web]\ncount = \"six\"",
       "c.toml:2: web.count = \"six\" is not allowed: it takes an integer from 0 to 100"},
      {"[web]\ncount = 1.5", "c.toml:2: web.count takes an integer from 0 to 100"},
      {"[web]\ncuont = 3",
       "c.toml:2: unknown key \"cuont\" in [web]; did you mean \"count\"? [web] takes count, "
       "min, max, port, target_cpu_percent, target_requests_per_s, warmup_ms, grace_ms, "
       "deregistration_ms, command, health_path, sessions, cache_strategy, bug, cache_ttl_ms, "
       "cpu_percent, memory_max_mb"},
      {"[dbb]\n",
       "c.toml:1: unknown section [dbb]; did you mean \"db\"? the sections are cluster, lb, web, "
       "cache, db, dns, awsapi, shop, api, control"},
      {"zones = 3",
       "c.toml:1: unknown key \"zones\" the sections are cluster, lb, web, cache, db, dns, awsapi, "
       "shop, "
       "api, "
       "control"},
      {"web = 3", "c.toml:1: \"web\" is a section: write [web]"},
      {"[cluster]\nprofile = \"fats\"",
       "c.toml:2: cluster.profile = \"fats\" is not allowed: it takes one of \"fast\", \"aws\"; "
       "did "
       "you mean \"fast\"?"},
      {"[db]\nstandby = 1", "c.toml:2: db.standby = 1 is not allowed: it takes true or false"},
      {"[cluster]\nname = \"a b\"",
       "c.toml:2: cluster.name = \"a b\" is not allowed: it takes up to 32 letters, digits, '-' or "
       "'_'"},
      {"[shop]\naddress = \"localhost\"",
       "c.toml:2: shop.address = \"localhost\" is not allowed: it takes text ADDRESS:PORT, such as "
       "\"127.0.0.1:8080\""},
      {"[cluster]\nzones = 1\n[web]\ncount = 30",
       "c.toml:4: web.count: at most 29 web instances fit in a zone: 29 in 1 zones"},
      {"[api]\nport = 7071", "c.toml:1: control.port: the API has that port already (api.port)"},
      {"[lb]\nport = 8443",
       "c.toml:1: lb.https_port: HTTP has that port already (lb.port or shop.address); 0: no HTTPS"},
      {"[shop]\naddress = \"127.0.0.1:8443\"",
       "c.toml:1: lb.https_port: HTTP has that port already (lb.port or shop.address); 0: no HTTPS"},
      {"[cache]\nengine = \"redis\"\ntls = \"on\"",
       "c.toml:3: cache.tls: needs cache.engine multiaz"},
      {"[db]\nengine = \"postgres\"\nforce_ssl = true",
       "c.toml:3: db.force_ssl: needs db.engine multiaz"},
      {"[control]\nsilence_ms = 5000\nreplace_hung_after_ms = 4000",
       "c.toml:3: control.replace_hung_after_ms: must be longer than control.silence_ms (5000)"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(complaint(text), expected) << text;
}

TEST(ClusterFile, SaysAllProblemsAtOnceInTheOrderOfTheLines) {
  EXPECT_EQ(complaint("[web]\ncount = 101\n[cache]\ncount = 10\n[db]\nreplicas = -1"),
            "c.toml:2: web.count = 101 is not allowed: it takes an integer from 0 to 100\n"
            "c.toml:4: cache.count = 10 is not allowed: it takes an integer from 0 to 9\n"
            "c.toml:6: db.replicas = -1 is not allowed: it takes an integer from 0 to 15");
}

TEST(ClusterFile, BrokenTomlNamesTheLine) {
  EXPECT_EQ(complaint("[web]\ncount = \n").substr(0, 9), "c.toml:2:");
}

TEST(ClusterFile, AMissingFileIsNamed) {
  const auto config = read_cluster_file("/no/such/file.toml");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().detail, "/no/such/file.toml: No such file or directory");
}

TEST(Nearest, FindsTypingErrorsButNotOtherWords) {
  const std::string_view words[] = {"count", "port", "durability"};
  EXPECT_EQ(nearest("coutn", words), "count");
  EXPECT_EQ(nearest("durabilty", words), "durability");
  EXPECT_EQ(nearest("zzzzzz", words), "");
}

}  // namespace
}  // namespace multiaz::orchestrator
