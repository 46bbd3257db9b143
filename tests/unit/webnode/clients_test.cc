#include <gtest/gtest.h>

#include "clients/cache_trust.h"
#include "clients/redis_codec.h"
#include "clients/statement.h"
#include "webnode/shop/order_sql.h"
#include "webnode/shop/schema.h"

namespace multiaz::webnode {
namespace {

TEST(RedisCodec, CommandsAreGoldenBytes) {
  const Commands commands = {{"MULTI"}, {"HSET", "cart:1", "a", std::string("x\0y", 3)}};
  EXPECT_EQ(
      encode_commands(commands),
      std::string("*1\r\n$5\r\nMULTI\r\n*4\r\n$4\r\nHSET\r\n$6\r\ncart:1\r\n$1\r\na\r\n$3\r\nx") +
          std::string("\0y\r\n", 4));
}

TEST(RedisCodec, RepliesComeInPiecesOfAnySize) {
  const std::string bytes =
      "+OK\r\n:42\r\n$-1\r\n$3\r\na\nb\r\n*2\r\n$1\r\nx\r\n*0\r\n-READONLY no\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    ReplyReader reader;
    Replies got;
    for (size_t at = 0; at < bytes.size(); at += step) {
      reader.feed(std::string_view(bytes).substr(at, step));
      while (true) {
        auto reply = reader.next();
        ASSERT_TRUE(reply.ok());
        if (!reply->has_value()) break;
        got.push_back(std::move(**reply));
      }
    }
    ASSERT_EQ(got.size(), 6u);
    EXPECT_EQ(got[1].integer, 42);
    EXPECT_TRUE(got[2].is_nil());
    EXPECT_EQ(got[3].text, "a\nb");
    EXPECT_EQ(got[4].items.at(0).text, "x");
    EXPECT_EQ(classify_error(got[5].text), ErrorClass::kMoved);
  }
}

TEST(RedisCodec, ErrorsSayByTheirFirstWordWhetherAnotherNodeMayDoIt) {
  EXPECT_EQ(classify_error("UNAVAILABLE no lease"), ErrorClass::kMoved);
  EXPECT_EQ(classify_error("INDOUBT the role was lost"), ErrorClass::kInDoubt);
  EXPECT_EQ(classify_error("EXECABORT Transaction discarded because of: READONLY You can't"),
            ErrorClass::kMoved);
  EXPECT_EQ(classify_error("EXECABORT Transaction discarded because of previous errors."),
            ErrorClass::kFinal);
  EXPECT_EQ(classify_error("WRONGTYPE Operation"), ErrorClass::kFinal);
  EXPECT_EQ(classify_error(""), ErrorClass::kFinal);
}

TEST(RedisCodec, GarbageIsAnError) {
  ReplyReader reader;
  reader.feed("GET / HTTP/1.1\r\n");
  EXPECT_EQ(reader.next().error().code, Code::kCorrupt);
}

TEST(CacheUrl, Forms) {
  const auto url = parse_cache_url("redis://shop:p%40ss@127.20.0.6:7000/3");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->user, "shop");
  EXPECT_EQ(url->password, "p@ss");
  EXPECT_EQ(url->host, "127.20.0.6");
  EXPECT_EQ(url->port, 7000);
  EXPECT_EQ(url->database, 3);
  EXPECT_EQ(parse_cache_url("redis://:secret@cache")->password, "secret");
  EXPECT_EQ(parse_cache_url("redis://cache")->port, 6379);
  for (const char* bad : {"", "http://x", "redis://", "redis://h:0", "redis://h:x", "redis://h/x",
                          "redis://:%zz@h", "redis://h:65536", "rediss://h?x=1",
                          "redis://h?ssl_ca_certs=/ca.pem", "rediss://h?ssl_ca_certs="}) {
    EXPECT_EQ(parse_cache_url(bad).error().code, Code::kInvalid) << bad;
  }
}

TEST(CacheUrl, WithTls) {
  const auto url = parse_cache_url("rediss://:s@cache.test:6380/1?ssl_ca_certs=/etc/a%20b.pem");
  ASSERT_TRUE(url.ok());
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "cache.test");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->database, 1);
  EXPECT_EQ(url->ca_file, "/etc/a b.pem");
  const auto trust = cache_trust(*url);
  ASSERT_FALSE(trust.ok());
  EXPECT_EQ(trust.error().detail,
            "cache URL: ssl_ca_certs: /etc/a b.pem: No such file or directory");
  EXPECT_EQ(cache_trust(*parse_cache_url("rediss://h")).error().detail,
            "cache URL: rediss:// needs ?ssl_ca_certs=FILE");
  EXPECT_EQ(*cache_trust(*parse_cache_url("redis://h")), nullptr);
}

TEST(SqlStates, SayWhetherAnotherTryIsWorthIt) {
  EXPECT_EQ(classify_sqlstate("40003"), SqlClass::kInDoubt);
  EXPECT_EQ(classify_sqlstate("08007"), SqlClass::kInDoubt);
  EXPECT_EQ(classify_sqlstate("08006"), SqlClass::kMoved);
  EXPECT_EQ(classify_sqlstate("25006"), SqlClass::kMoved);
  EXPECT_EQ(classify_sqlstate("57P01"), SqlClass::kMoved);
  EXPECT_EQ(classify_sqlstate("40001"), SqlClass::kRetry);
  EXPECT_EQ(classify_sqlstate("23505"), SqlClass::kFinal);
  EXPECT_EQ(classify_sqlstate("42601"), SqlClass::kFinal);
}

TEST(OrderSql, LinesKeepTheirOrderAndStockIsTakenInOne) {
  Order order;
  order.id = "o";
  for (const auto& [id, product] : {std::pair("b", 9), std::pair("a", 2), std::pair("c", 9)}) {
    CartLine line;
    line.line = line.uid = id;
    line.product = product;
    line.size = "M";
    line.qty = 2;
    order.lines.push_back(line);
  }
  const Batch batch = order_batch(order);
  ASSERT_EQ(batch.size(), 4u);  // order, lines, two products
  EXPECT_EQ(batch[1].params.size(), 30u);
  EXPECT_NE(batch[1].sql.find("$30)"), std::string::npos);
  EXPECT_EQ(batch[1].params[2].text(), "b");
  EXPECT_EQ(batch[2].params[1].text(), "2");
  EXPECT_EQ(batch[3].params[0].text(), "4") << "the two lines of product 9 together";
}

TEST(Schema, TheVersionRowComesBeforeAnythingThatExistsOnce) {
  const Batch batch = migration_batch();
  EXPECT_NE(batch[0].sql.find("IF NOT EXISTS"), std::string::npos);
  EXPECT_TRUE(batch[1].sql.starts_with("INSERT INTO schema_version"));
  size_t bytes = 0;
  for (const Statement& statement : batch) bytes += statement.sql.size();
  EXPECT_LT(bytes, 500'000u) << "one flight at the start of a cluster";
}

}  // namespace
}  // namespace multiaz::webnode
