// Commands on data as their users see them: a line in, a reply out, in Redis's words.
#include <gtest/gtest.h>

#include "tests/unit/cachenode/support.h"

namespace multiaz::cachenode {
namespace {

TEST(Commands, GetAndSet) {
  play({{"GET a", "nil"},
        {"SET a 1", "OK"},
        {"get a", "\"1\""},
        {"SET a 2 NX", "nil"},
        {"SET b 2 XX", "nil"},
        {"SET a 2 XX GET", "\"1\""},
        {"SET a 3 NX GET", "\"2\""},
        {"SET a 3 NX XX", kSyntax},
        {"SET a 3 EX", kSyntax},
        {"SET a 3 EX 0", "(error) ERR invalid expire time in 'set' command"},
        {"SET a 3 EX x", kNotInteger},
        {"SET a 3 EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command"},
        {"SET a 3 EX 10 PX 10", kSyntax},
        {"SET a 3 EX 10 KEEPTTL", kSyntax},
        {"SET a 3 BOGUS", kSyntax},
        {"SET a 3 ex 10", "OK"},
        {"TTL a", "10"},
        {"SET a 4 KEEPTTL", "OK"},
        {"PTTL a", "10000"},
        {"SET a 5", "OK"},
        {"TTL a", "-1"},
        {"SET a 5 PXAT 1005000", "OK"},
        {"PEXPIRETIME a", "1005000"},
        {"SETNX a 1", "0"},
        {"SETNX n 1", "1"},
        {"SETEX a 7 v", "OK"},
        {"PSETEX a 0 v", "(error) ERR invalid expire time in 'psetex' command"},
        {"GETSET a new", "\"v\""},
        {"TTL a", "-1"},
        {"GETDEL a", "\"new\""},
        {"GETDEL a", "nil"},
        {"GETEX n EX 5", "\"1\""},
        {"TTL n", "5"},
        {"GETEX n PERSIST", "\"1\""},
        {"TTL n", "-1"},
        {"GETEX n EX 5 PERSIST", kSyntax},
        {"GETEX n PXAT 1", "\"1\""},
        {"EXISTS n", "0"}});
}

TEST(Commands, ManyStringsAtOnce) {
  play({{"MSET a 1 b 2", "OK"},
        {"MSET a 1 b", "(error) ERR wrong number of arguments for 'mset' command"},
        {"HSET h f v", "1"},
        {"MGET a b c h", "[\"1\", \"2\", nil, nil]"},
        {"MSETNX c 3 a 9", "0"},
        {"MSETNX c 3 d 4", "1"},
        {"EXISTS a b c d e a", "5"},
        {"DEL a b a", "2"},
        {"UNLINK c d h", "3"},
        {"DBSIZE", "0"}});
}

TEST(Commands, PartsOfStrings) {
  play({{"APPEND a hello", "5"},
        {"APPEND a ' world'", "11"},
        {"STRLEN a", "11"},
        {"GETRANGE a 0 4", "\"hello\""},
        {"GETRANGE a -5 -1", "\"world\""},
        {"GETRANGE a 5 2", "\"\""},
        {"GETRANGE a -1 -5", "\"\""},
        {"GETRANGE a 0 -100", "\"h\""},
        {"GETRANGE a 0 100", "\"hello world\""},
        {"SETRANGE a 6 'there!!'", "13"},
        {"GET a", "\"hello there!!\""},
        {"SETRANGE a 0 J", "13"},
        {"GET a", "\"Jello there!!\""},
        {"SETRANGE z 2 x", "3"},
        {"GET z", std::string_view("\"\0\0x\"", 5)},
        {"SETRANGE z 5 y", "6"},
        {"SETRANGE none 0 ''", "0"},
        {"EXISTS none", "0"},
        {"SETRANGE a -1 x", "(error) ERR offset is out of range"},
        {"SETRANGE a 99999999999 x",
         "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
        {"STRLEN nothing", "0"}});
}

TEST(Commands, Counters) {
  play({{"INCR n", "1"},
        {"INCRBY n 41", "42"},
        {"DECR n", "41"},
        {"DECRBY n 40", "1"},
        {"DECRBY n -9223372036854775808", "(error) ERR decrement would overflow"},
        {"SET n 9223372036854775807", "OK"},
        {"INCR n", "(error) ERR increment or decrement would overflow"},
        {"SET s text", "OK"},
        {"INCR s", kNotInteger},
        {"SET s 01", "OK"},
        {"INCR s", kNotInteger},
        {"INCRBY n x", kNotInteger},
        {"SET t 1 EX 50", "OK"},
        {"INCR t", "2"},
        {"TTL t", "50"},
        {"INCRBYFLOAT f 10.5", "\"10.5\""},
        {"INCRBYFLOAT f 0.1", "\"10.6\""},
        {"INCRBYFLOAT f -10.6", "\"0\""},
        {"INCRBYFLOAT f 5.0e3", "\"5000\""},
        {"INCRBYFLOAT f x", "(error) ERR value is not a valid float"},
        {"INCRBYFLOAT f inf", "(error) ERR increment would produce NaN or Infinity"}});
}

TEST(Commands, TypesAreGuarded) {
  play({{"HSET h f v", "1"},          {"SET s v", "OK"},           {"GET h", kWrongType},
        {"APPEND h x", kWrongType},   {"INCR h", kWrongType},      {"STRLEN h", kWrongType},
        {"HGET s f", kWrongType},     {"HSET s f v", kWrongType},  {"HGETALL s", kWrongType},
        {"GETDEL h", kWrongType},     {"SET h x GET", kWrongType}, {"GETEX h EX 1", kWrongType},
        {"HDEL s f", kWrongType},     {"HSCAN s 0", kWrongType},   {"HINCRBY s f 1", kWrongType},
        {"TYPE h", "hash"},           {"TYPE s", "string"},        {"TYPE x", "none"},
        {"SET h now-a-string", "OK"}, {"TYPE h", "string"}});
}

TEST(Commands, KeysOfAnyType) {
  play({{"SET a 1 EX 100", "OK"},
        {"RENAME a b", "OK"},
        {"TTL b", "100"},
        {"RENAME a b", "(error) ERR no such key"},
        {"SET c 3", "OK"},
        {"RENAMENX b c", "0"},
        {"RENAMENX b d", "1"},
        {"RENAME c d", "OK"},
        {"GET d", "\"3\""},
        {"RENAME d d", "OK"},
        {"TOUCH d x", "1"},
        {"RANDOMKEY", "\"d\""},
        {"KEYS *", "[\"d\"]"},
        {"FLUSHALL now", kSyntax},
        {"FLUSHDB ASYNC", "OK"},
        {"RANDOMKEY", "nil"},
        {"KEYS *", "[]"}});
}

TEST(Commands, TimesToLive) {
  play({{"EXPIRE a 10", "0"},
        {"SET a 1", "OK"},
        {"EXPIRE a 10 XX", "0"},
        {"EXPIRE a 10 GT", "0"},
        {"EXPIRE a 10 LT", "1"},
        {"EXPIRE a 20 NX", "0"},
        {"EXPIRE a 20 GT", "1"},
        {"EXPIRE a 15 GT", "0"},
        {"EXPIRE a 15 LT", "1"},
        {"TTL a", "15"},
        {"EXPIRE a 15 NX XX",
         "(error) ERR NX and XX, GT or LT options at the same time are not compatible"},
        {"EXPIRE a 15 GT LT", "(error) ERR GT and LT options at the same time are not compatible"},
        {"EXPIRE a 15 ZZ", "(error) ERR Unsupported option ZZ"},
        {"EXPIRE a x", kNotInteger},
        {"EXPIRE a 9223372036854775807", "(error) ERR invalid expire time in 'expire' command"},
        {"PEXPIRE a 1499", "1"},
        {"TTL a", "1"},
        {"PTTL a", "1499"},
        {"EXPIREAT a 2000", "1"},
        {"EXPIRETIME a", "2000"},
        {"PERSIST a", "1"},
        {"PERSIST a", "0"},
        {"TTL a", "-1"},
        {"TTL none", "-2"},
        {"EXPIRE a -1", "1"},
        {"EXISTS a", "0"}});
}

TEST(Commands, WhatExpiredIsGone) {
  Cache cache;
  cache.run("SET a 1 PX 100");
  cache.run("HSET h f 1");
  cache.run("PEXPIRE h 100");
  cache.db.set_now_ms(kTestNowMs + 99);
  EXPECT_EQ(cache.run("GET a"), "\"1\"");
  cache.db.set_now_ms(kTestNowMs + 100);
  EXPECT_EQ(cache.run("GET a"), "nil");
  EXPECT_EQ(cache.run("EXISTS a h"), "0");
  EXPECT_EQ(cache.run("TTL a"), "-2");
  EXPECT_EQ(cache.run("KEYS *"), "[]");
  EXPECT_EQ(cache.run("SCAN 0"), "[\"0\", []]");
  EXPECT_EQ(cache.run("RANDOMKEY"), "nil");
  EXPECT_EQ(cache.run("HSET h g 2"), "1");  // a fresh hash, without the old field or expiry
  EXPECT_EQ(cache.run("HGETALL h"), "[\"g\", \"2\"]");
  EXPECT_EQ(cache.run("TTL h"), "-1");
  EXPECT_EQ(cache.run("INCR a"), "1");
  EXPECT_EQ(cache.run("TTL a"), "-1");
}

TEST(Commands, Hashes) {
  play({{"HSET h a 1 b 2", "2"},
        {"HSET h a 3 c 4 c 5", "1"},
        {"HSET h a", "(error) ERR wrong number of arguments for 'hset' command"},
        {"HSET h a 1 b", "(error) ERR wrong number of arguments for 'hset' command"},
        {"HGET h a", "\"3\""},
        {"HGET h c", "\"5\""},
        {"HGET h x", "nil"},
        {"HMGET h a x b", "[\"3\", nil, \"2\"]"},
        {"HMGET none a", "[nil]"},
        {"HGETALL h", "[\"a\", \"3\", \"b\", \"2\", \"c\", \"5\"]"},
        {"HKEYS h", "[\"a\", \"b\", \"c\"]"},
        {"HVALS h", "[\"3\", \"2\", \"5\"]"},
        {"HGETALL none", "[]"},
        {"HLEN h", "3"},
        {"HEXISTS h a", "1"},
        {"HEXISTS h x", "0"},
        {"HSTRLEN h a", "1"},
        {"HMSET h a 10", "OK"},
        {"HSETNX h a 1", "0"},
        {"HSETNX h d 1", "1"},
        {"HINCRBY h a 5", "15"},
        {"HINCRBY h new -5", "-5"},
        {"HSET h t text", "1"},
        {"HINCRBY h t 1", "(error) ERR hash value is not an integer"},
        {"HINCRBYFLOAT h t 1", "(error) ERR hash value is not a float"},
        {"HINCRBYFLOAT h a 0.5", "\"15.5\""},
        {"HDEL h a x", "1"},
        {"HDEL h b c d new t", "5"},
        {"EXISTS h", "0"},
        {"HDEL h a", "0"}});
}

TEST(Commands, RandomFields) {
  play({{"HRANDFIELD h", "nil"},
        {"HRANDFIELD h 3", "[]"},
        {"HSET h a 1", "1"},
        {"HRANDFIELD h", "\"a\""},
        {"HRANDFIELD h 5", "[\"a\"]"},
        {"HRANDFIELD h -3", "[\"a\", \"a\", \"a\"]"},
        {"HRANDFIELD h 5 WITHVALUES", "[\"a\", \"1\"]"},
        {"HRANDFIELD h 5 X", kSyntax},
        {"HRANDFIELD h -9223372036854775807", "(error) ERR value is out of range"},
        {"HELLO 3",
         "[\"server\", \"redis\", \"version\", \"7.0.15\", \"proto\", 3, \"id\", 1, \"mode\", "
         "\"standalone\", \"role\", \"master\", \"modules\", []]"},
        {"HRANDFIELD h 1 WITHVALUES", "[[\"a\", \"1\"]]"}});
}

TEST(Commands, Scanning) {
  play({{"SCAN x", "(error) ERR invalid cursor"},
        {"SCAN 0 COUNT 0", kSyntax},
        {"SCAN 0 COUNT x", kNotInteger},
        {"SCAN 0 MATCH", kSyntax},
        {"HSCAN h 0 TYPE hash", kSyntax},
        {"SET k v", "OK"},
        {"HSET h f v g w", "2"},
        {"SCAN 0 COUNT 100 MATCH k*", "[\"0\", [\"k\"]]"},
        {"SCAN 0 COUNT 100 TYPE hash", "[\"0\", [\"h\"]]"},
        {"SCAN 0 COUNT 100 TYPE list", "[\"0\", []]"},
        {"HSCAN h 0", "[\"0\", [\"f\", \"v\", \"g\", \"w\"]]"},
        {"HSCAN h 0 MATCH g", "[\"0\", [\"g\", \"w\"]]"},
        {"HSCAN none 0", "[\"0\", []]"}});
}

TEST(Commands, Patterns) {
  struct Case {
    std::string_view pattern, text;
    bool matches;
  };
  const Case cases[] = {{"*", "", true},
                        {"", "a", false},
                        {"a*c", "abbbc", true},
                        {"a*c", "abbbd", false},
                        {"h?llo", "hello", true},
                        {"h?llo", "hllo", false},
                        {"h[ae]llo", "hallo", true},
                        {"h[^e]llo", "hello", false},
                        {"h[a-c]llo", "hbllo", true},
                        {"h[c-a]llo", "hbllo", true},
                        {"\\*", "*", true},
                        {"\\*", "x", false},
                        {"[\\]]", "]", true},
                        {"**a**b", "xxayyb", true},
                        {"[abc", "c", true},
                        {"a\\", "a\\", true},
                        {"user:*:cart", "user:17:cart", true}};
  for (const Case& one : cases) {
    EXPECT_EQ(glob_matches(one.pattern, one.text), one.matches) << one.pattern << " " << one.text;
  }
  const std::string evil = "a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b";
  EXPECT_FALSE(glob_matches(evil, std::string(20'000, 'a')));  // linear in memory, not exponential
}

}  // namespace
}  // namespace multiaz::cachenode
