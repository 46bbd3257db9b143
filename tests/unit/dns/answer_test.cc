// The answers of the name server, policy by policy.
#include "dns/zone/answer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <variant>

#include "dns/zone/cluster_zone.h"
#include "dns/zone/health.h"

namespace multiaz::dns {
namespace {

namespace wd = wire::dns;
using Lines = std::multiset<std::string>;

struct Server {
  Zone zone;
  std::set<std::string> sick;
  std::string client_zone;
  uint64_t random = 1;

  Server() {
    zone.origin = kOrigin;
    zone.name_server = "ns1.multiaz.test";
    zone.availability_zones = {"az-a", "az-b", "az-c"};
  }
  RecordSet& add(const std::string& name, uint16_t type, std::vector<std::string> values) {
    RecordSet one;
    one.name = name;
    one.type = type;
    one.values = std::move(values);
    zone.records.push_back(one);
    return zone.records.back();
  }
  RecordSet& add_member(Policy policy, const std::string& id, const std::string& address) {
    RecordSet& one = add("x.multiaz.test", wd::kA, {address});
    one.policy = policy;
    one.set_identifier = one.health_check = id;
    return one;
  }
  wd::Message ask(const std::string& name, uint16_t type = wd::kA) {
    wd::Message query;
    query.id = 7;
    query.questions.push_back({name, type, wd::kClassIn});
    return ask(query);
  }
  wd::Message ask(const wd::Message& query) {
    const IsHealthy healthy = [this](const std::string& id) { return !sick.contains(id); };
    return answer(zone, healthy, {client_zone, random++}, query);
  }
  // Lines such as "x.multiaz.test A 10.0.0.1", sorted.
  Lines lines(const std::string& name, uint16_t type = wd::kA) {
    Lines out;
    for (const wd::Record& record : ask(name, type).answers) out.insert(text(record));
    return out;
  }
  static std::string text(const wd::Record& record) {
    std::string out = record.name + " " + type_text(record.type) + " ";
    if (const auto* a = std::get_if<wd::A>(&record.data)) {
      for (size_t i = 0; i < 4; ++i) out += (i ? "." : "") + std::to_string(a->address[i]);
    } else if (const auto* cname = std::get_if<wd::Cname>(&record.data)) {
      out += cname->target;
    } else if (const auto* txt = std::get_if<wd::Txt>(&record.data)) {
      for (const std::string& each : txt->strings) out += "'" + each + "'";
    }
    return out;
  }
  // Counts how often each address came in n answers of one record.
  std::map<std::string, int> shares(int n) {
    std::map<std::string, int> out;
    for (int i = 0; i < n; ++i) {
      const Lines got = lines("x.multiaz.test");
      EXPECT_EQ(got.size(), 1U);
      ++out[got.begin()->substr(std::string("x.multiaz.test A ").size())];
    }
    return out;
  }
};

uint16_t code(wd::Rcode rcode) {
  return static_cast<uint16_t>(rcode);
}

TEST(DnsAnswer, SimpleRecordsGiveAllTheirValuesWithoutRegardToCase) {
  Server server;
  server.add("x.multiaz.test", wd::kA, {"10.0.0.1", "10.0.0.2"});
  const auto got = server.ask("X.MultiAZ.test");
  EXPECT_TRUE(got.authoritative);
  EXPECT_EQ(got.answers.size(), 2U);
  EXPECT_EQ(got.answers[0].name, "X.MultiAZ.test") << "as it was asked";
  EXPECT_TRUE(got.authority.empty());
}

TEST(DnsAnswer, NothingOfTheTypeIsNodataNothingAtAllIsNxdomain) {
  Server server;
  server.add("a.b.multiaz.test", wd::kA, {"10.0.0.1"});
  const auto nodata = server.ask("a.b.multiaz.test", wd::kAaaa);
  EXPECT_EQ(nodata.rcode, code(wd::Rcode::kNoError));
  ASSERT_EQ(nodata.authority.size(), 1U);
  EXPECT_EQ(nodata.authority[0].type, wd::kSoa);
  EXPECT_EQ(server.ask("b.multiaz.test").rcode, code(wd::Rcode::kNoError)) << "there is a.b below";
  const auto nothing = server.ask("c.multiaz.test");
  EXPECT_EQ(nothing.rcode, code(wd::Rcode::kNxDomain));
  EXPECT_EQ(nothing.authority.size(), 1U);
}

TEST(DnsAnswer, WhatIsNotOursIsRefused) {
  Server server;
  EXPECT_EQ(server.ask("example.com").rcode, code(wd::Rcode::kRefused));
  EXPECT_EQ(server.ask("multiaz.test", 252).rcode, code(wd::Rcode::kRefused)) << "no AXFR";
  wd::Message query;
  EXPECT_EQ(server.ask(query).rcode, code(wd::Rcode::kFormErr)) << "no question";
  query.opcode = 5;
  EXPECT_EQ(server.ask(query).rcode, code(wd::Rcode::kNotImp));
  query.opcode = 0;
  query.edns = wd::Edns();
  query.edns->version = 1;
  EXPECT_EQ(server.ask(query).rcode, code(wd::Rcode::kBadVers));
  query.questions.assign(20, {std::string(60, 'x') + "." + std::string(60, 'y'), wd::kA, 1});
  EXPECT_TRUE(wd::encode(server.ask(query), wd::kUdpBytesMax).ok()) << "however much was asked";
  EXPECT_EQ(server.ask(query).rcode, code(wd::Rcode::kBadVers));
}

TEST(DnsAnswer, CnamesAreFollowedInsideTheZone) {
  Server server;
  server.add("a.multiaz.test", wd::kCname, {"b.multiaz.test"});
  server.add("b.multiaz.test", wd::kA, {"10.0.0.1"});
  EXPECT_EQ(server.lines("a.multiaz.test"),
            (Lines{"a.multiaz.test CNAME b.multiaz.test", "b.multiaz.test A 10.0.0.1"}));
  EXPECT_EQ(server.lines("a.multiaz.test", wd::kCname),
            Lines{"a.multiaz.test CNAME b.multiaz.test"});
  server.add("round.multiaz.test", wd::kCname, {"round.multiaz.test"});
  EXPECT_LE(server.ask("round.multiaz.test").answers.size(), 8U) << "a loop ends";
}

TEST(DnsAnswer, WildcardsStandForNamesThatAreNotThere) {
  Server server;
  server.add("*.multiaz.test", wd::kA, {"10.0.0.9"});
  server.add("x.multiaz.test", wd::kTxt, {"here"});
  EXPECT_EQ(server.lines("y.multiaz.test"), Lines{"y.multiaz.test A 10.0.0.9"});
  EXPECT_EQ(server.lines("x.multiaz.test"), Lines{}) << "that name exists";
}

TEST(DnsAnswer, AWildcardIsGoodForNamesOfAnyDepth) {
  Server server;
  server.add("*.wild.multiaz.test", wd::kA, {"10.0.0.9"});
  server.add("there.wild.multiaz.test", wd::kTxt, {"here"});
  server.add("deep.below.wild.multiaz.test", wd::kA, {"10.0.0.1"});
  server.add("*.inner.wild.multiaz.test", wd::kTxt, {"inner"});
  for (const std::string name : {"x.wild", "x.y.wild", "a.b.c.d.WILD", "x.-.wild"}) {
    EXPECT_EQ(server.lines(name + ".multiaz.test"), Lines{name + ".multiaz.test A 10.0.0.9"});
  }
  const auto nodata = server.ask("x.y.wild.multiaz.test", wd::kAaaa);
  EXPECT_EQ(nodata.rcode, code(wd::Rcode::kNoError)) << "the wildcard has no AAAA";
  EXPECT_TRUE(nodata.answers.empty());
  // A name that exists stops the wildcard above it, also one that exists by what is below it.
  for (const std::string name : {"x.there.wild", "a.b.there.wild", "x.below.wild"}) {
    EXPECT_EQ(server.ask(name + ".multiaz.test").rcode, code(wd::Rcode::kNxDomain)) << name;
  }
  EXPECT_EQ(server.ask("below.wild.multiaz.test").answers.size(), 0U);
  EXPECT_EQ(server.ask("below.wild.multiaz.test").rcode, code(wd::Rcode::kNoError));
  EXPECT_EQ(server.ask("wild.multiaz.test").rcode, code(wd::Rcode::kNoError)) << "not of itself";
  // The nearest wildcard decides, also when it has nothing of the type.
  EXPECT_EQ(server.lines("a.b.inner.wild.multiaz.test", wd::kTxt),
            Lines{"a.b.inner.wild.multiaz.test TXT 'inner'"});
  EXPECT_TRUE(server.lines("a.b.inner.wild.multiaz.test").empty());
  EXPECT_EQ(server.ask("x.else.multiaz.test").rcode, code(wd::Rcode::kNxDomain));
}

TEST(DnsAnswer, WeightsAreShares) {
  Server server;
  server.add_member(Policy::kWeighted, "blue", "10.0.0.1").weight = 3;
  server.add_member(Policy::kWeighted, "green", "10.0.0.2").weight = 1;
  server.add_member(Policy::kWeighted, "off", "10.0.0.3").weight = 0;
  auto shares = server.shares(4000);
  EXPECT_NEAR(shares["10.0.0.1"], 3000, 150);
  EXPECT_EQ(shares["10.0.0.3"], 0);
  server.sick = {"blue"};
  EXPECT_EQ(server.shares(20)["10.0.0.2"], 20);
  server.sick = {"blue", "green"};
  EXPECT_EQ(server.shares(20)["10.0.0.3"], 20) << "zero weight, but the only healthy one";
  server.sick = {"blue", "green", "off"};
  EXPECT_GT(server.shares(200)["10.0.0.1"], 100) << "all sick counts as all healthy";
}

TEST(DnsAnswer, FailoverGivesThePrimaryWhileItCan) {
  Server server;
  server.add_member(Policy::kFailover, "first", "10.0.0.1").primary = true;
  server.add_member(Policy::kFailover, "second", "10.0.0.2").primary = false;
  EXPECT_EQ(server.shares(5)["10.0.0.1"], 5);
  server.sick = {"first"};
  EXPECT_EQ(server.shares(5)["10.0.0.2"], 5);
  server.sick = {"first", "second"};
  EXPECT_EQ(server.shares(5)["10.0.0.1"], 5);
}

TEST(DnsAnswer, LatencyGivesTheNearestHealthyZone) {
  Server server;
  server.add_member(Policy::kLatency, "a", "10.0.0.1").zone = "az-a";
  server.add_member(Policy::kLatency, "b", "10.0.0.2").zone = "az-b";
  server.add_member(Policy::kLatency, "c", "10.0.0.3").zone = "az-c";
  server.client_zone = "az-c";
  EXPECT_EQ(server.shares(5)["10.0.0.3"], 5);
  server.sick = {"c"};
  EXPECT_EQ(server.shares(5)["10.0.0.2"], 5);
}

TEST(DnsAnswer, MultivalueGivesUpToEightHealthyOnes) {
  Server server;
  for (int i = 1; i <= 12; ++i) {
    server.add_member(Policy::kMultivalue, std::to_string(i), "10.0.0." + std::to_string(i));
  }
  EXPECT_EQ(server.lines("x.multiaz.test").size(), 8U);
  for (int i = 1; i <= 10; ++i) server.sick.insert(std::to_string(i));
  EXPECT_EQ(server.lines("x.multiaz.test"),
            (Lines{"x.multiaz.test A 10.0.0.11", "x.multiaz.test A 10.0.0.12"}));
  server.sick.insert({"11", "12"});
  EXPECT_EQ(server.lines("x.multiaz.test").size(), 8U);
}

TEST(DnsAnswer, AnAliasIsAsHealthyAsItsTarget) {
  Server server;
  server.add_member(Policy::kMultivalue, "1", "10.0.0.1");
  RecordSet& main = server.add("www.multiaz.test", wd::kA, {});
  main.alias = "x.multiaz.test";
  main.policy = Policy::kFailover;
  main.set_identifier = "main";
  RecordSet& sorry = server.add("www.multiaz.test", wd::kA, {"10.9.9.9"});
  sorry.policy = Policy::kFailover;
  sorry.set_identifier = "sorry";
  sorry.primary = false;
  EXPECT_EQ(server.lines("www.multiaz.test"), Lines{"www.multiaz.test A 10.0.0.1"});
  server.sick = {"1"};
  EXPECT_EQ(server.lines("www.multiaz.test"), Lines{"www.multiaz.test A 10.9.9.9"});
}

TEST(DnsAnswer, TheClientSubnetIsReadFromEdns) {
  wd::Message query;
  query.edns = wd::Edns();
  query.edns->options.push_back({8, std::string("\0\1\30\0\177\24\2", 7)});
  EXPECT_EQ(client_subnet(query), 0x7f140200U);
  query.edns->options[0].bytes = "x";
  EXPECT_EQ(client_subnet(query), 0U);
}

TEST(ClusterZone, NamesTheClusterAndFollowsIt) {
  KnownCluster cluster;
  cluster.name = "t";
  cluster.zones = {"az-a", "az-b"};
  cluster.endpoints = {{"cache", "127.20.0.6"}, {"db_reader", "127.20.0.8"}};
  cluster.instances = {{"lb-a1", "lb", "az-a", "127.20.1.11", "ready", 8080, false, false},
                       {"lb-b1", "lb", "az-b", "127.20.2.11", "ready", 8080, false, false},
                       {"db-b1", "db", "az-b", "127.20.2.51", "ready", 5432, true, false}};
  Server server;
  server.zone = cluster_zone(cluster, zone_times("fast"), Additions());
  EXPECT_EQ(server.lines("shop.multiaz.test").size(), 2U);
  EXPECT_EQ(server.lines("az-b.shop.multiaz.test"), Lines{"az-b.shop.multiaz.test A 127.20.2.11"});
  EXPECT_EQ(server.lines("db-ro.multiaz.test"), Lines{"db-ro.multiaz.test A 127.20.0.8"});
  EXPECT_EQ(server.lines("primary.db.multiaz.test").size(), 2U) << "CNAME and address";
  server.sick = {"lb-a1"};
  EXPECT_EQ(server.lines("shop.multiaz.test"), Lines{"shop.multiaz.test A 127.20.2.11"});
  cluster.instances[1].shifted = true;
  server.zone = cluster_zone(cluster, zone_times("fast"), Additions());
  EXPECT_EQ(server.lines("shop.multiaz.test"), Lines{"shop.multiaz.test A 127.20.1.11"})
      << "sick, but the only one that is not shifted away";
  const auto again = zone_from_json(zone_to_json(server.zone));
  ASSERT_TRUE(again.ok()) << again.error().text();
  EXPECT_EQ(*again, server.zone);
}

TEST(RecordSets, MistakesAreNamed) {
  Server server;
  const auto said = [&](RecordSet record) {
    const Status status = check_record(record, server.zone);
    return status.ok() ? std::string("good") : status.error().detail;
  };
  RecordSet one;
  one.name = "x.multiaz.test";
  one.values = {"10.0.0.1"};
  EXPECT_EQ(said(one), "good");
  one.values = {"10.0.0.256"};
  EXPECT_EQ(said(one), "x.multiaz.test A: '10.0.0.256' is not an IPv4 address");
  one.values = {"10.0.0.1"};
  one.alias = "y.multiaz.test";
  EXPECT_EQ(said(one), "x.multiaz.test A: it has either values or an alias");
  one.alias.clear();
  one.name = "x.example.com";
  EXPECT_EQ(said(one), "x.example.com A: the name is one of multiaz.test or below it");
  one.name = "x.multiaz.test";
  one.policy = Policy::kLatency;
  one.set_identifier = "1";
  one.zone = "az-z";
  EXPECT_EQ(said(one), "x.multiaz.test A: 'az-z' is no zone; the zones are az-a az-b az-c");
  server.add("x.multiaz.test", wd::kCname, {"y.multiaz.test"});
  one.policy = Policy::kSimple;
  EXPECT_EQ(said(one), "x.multiaz.test A: a CNAME stands alone at its name");
  EXPECT_EQ(additions_from_json(R"({"records":[{"name":"x","type":"MX"}]})").error().detail,
            "\"type\" is one of A, AAAA, CNAME, TXT, NS, not 'MX'");
}

TEST(HealthCount, TurnsAfterSoManyInARow) {
  HealthCount count;
  EXPECT_FALSE(count.record(false, 3));
  EXPECT_FALSE(count.record(true, 3));
  EXPECT_FALSE(count.record(false, 3));
  EXPECT_FALSE(count.record(false, 3));
  EXPECT_TRUE(count.record(false, 3));
  EXPECT_FALSE(count.healthy());
  EXPECT_FALSE(count.record(true, 3));
  EXPECT_FALSE(count.record(true, 3));
  EXPECT_TRUE(count.record(true, 3));
  EXPECT_TRUE(count.healthy());
}

}  // namespace
}  // namespace multiaz::dns
