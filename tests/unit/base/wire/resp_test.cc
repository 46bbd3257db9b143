#include "base/wire/resp.h"

#include <gtest/gtest.h>

#include <limits>
#include <variant>

#include "tests/lib/resp_value.h"

namespace multiaz::wire::resp {
namespace {

using Args = std::vector<std::string>;

// Feeds a growing buffer in steps of `step` bytes; returns the commands, or the error as a command.
std::vector<Args> commands(std::string_view bytes, size_t step, Limits limits = {}) {
  CommandDecoder decoder(limits);
  std::vector<Args> out;
  std::string buffer;
  for (size_t fed = 0; fed < bytes.size(); fed += step) {
    // A new string each time, because a real buffer also moves between calls.
    buffer = std::string(buffer) + std::string(bytes.substr(fed, step));
    for (;;) {
      const auto decoded = decoder.decode(buffer);
      if (const auto* error = std::get_if<ProtocolError>(&decoded)) {
        out.push_back({error->text});
        return out;
      }
      const auto* command = std::get_if<Command>(&decoded);
      if (command == nullptr) break;
      out.emplace_back(command->args.begin(), command->args.end());
      buffer.erase(0, command->consumed);
    }
  }
  if (!buffer.empty()) out.push_back({"(incomplete)"});
  return out;
}

using namespace std::string_view_literals;
constexpr std::string_view kSession =
    "*1\r\n$4\r\nPING\r\n"
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$6\r\na\r\nb\0c\r\n"
    "*0\r\n*-1\r\n\r\n"
    "GET  k\r\n"
    "set 'it\\'s' \"\\x41\\n\\\"\"\n"
    "*2\r\n$3\r\nGET\r\n$0\r\n\r\n"sv;

TEST(RespDecoder, ReadsArraysAndInlineCommandsHoweverTheyAreCut) {
  const std::vector<Args> expected = {{"PING"},
                                      {"SET", "k", std::string("a\r\nb\0c", 6)},
                                      {},
                                      {},
                                      {},
                                      {"GET", "k"},
                                      {"set", "it's", "A\n\""},
                                      {"GET", ""}};
  for (size_t step = 1; step <= kSession.size(); ++step)
    ASSERT_EQ(commands(kSession, step), expected) << "in steps of " << step;
}

struct Broken {
  std::string_view bytes;
  std::string_view text;  // after "ERR Protocol error: "
};

TEST(RespDecoder, RefusesInRedisWords) {
  const Broken table[] = {
      {"*x\r\n", "invalid multibulk length"},
      {"*1048577\r\n", "invalid multibulk length"},
      {"*99999999999999999999\r\n", "invalid multibulk length"},
      {"*01\r\n", "invalid multibulk length"},
      {"*1\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*1\r\nPING\r\n", "expected '$', got 'P'"},
      {"*1\r\n\r\n", "expected '$', got ' '"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$x\r\n", "invalid bulk length"},
      {"*1\r\n$67108865\r\n", "invalid bulk length"},
      {"*1\r\n$ 1\r\n", "invalid bulk length"},
      {"*1\r\n$1\r\nabc", "expected CRLF after bulk string"},
      {"GET \"a\r\n", "unbalanced quotes in request"},
      {"GET \"a\"b\r\n", "unbalanced quotes in request"},
      {"GET 'a\r\n", "unbalanced quotes in request"},
  };
  for (const auto& [bytes, text] : table) {
    const std::vector<Args> expected = {{"ERR Protocol error: " + std::string(text)}};
    EXPECT_EQ(commands(bytes, 1), expected) << bytes;
    EXPECT_EQ(commands(bytes, bytes.size()), expected) << bytes;
  }
}

TEST(RespDecoder, HoldsItsLimits) {
  const auto error_of = [](const std::string& bytes, Limits limits = {}) {
    const auto seen = commands(bytes, 4096, limits);
    return seen.empty() || seen.back().empty() ? std::string() : seen.back()[0];
  };
  EXPECT_EQ(error_of(std::string(kInlineBytesMax + 1, 'a')),
            "ERR Protocol error: too big inline request");
  EXPECT_EQ(error_of("*" + std::string(kInlineBytesMax + 1, '1')),
            "ERR Protocol error: too big mbulk count string");
  EXPECT_EQ(error_of("*1\r\n$" + std::string(kInlineBytesMax + 1, '1')),
            "ERR Protocol error: too big bulk count string");
  EXPECT_EQ(error_of("*11\r\n", kUnauthenticatedLimits),
            "ERR Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", kUnauthenticatedLimits),
            "ERR Protocol error: unauthenticated bulk length");
  const Limits small{100, 1000, 1500};
  const auto bulk = "$1000\r\n" + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(error_of("*2\r\n" + bulk + bulk, small), "ERR Protocol error: command is too large");
}

TEST(RespDecoder, SaysHowMuchIsMissing) {
  CommandDecoder decoder;
  const auto decoded = decoder.decode("*1\r\n$1000\r\nabc");
  ASSERT_TRUE(std::holds_alternative<NeedMore>(decoded));
  EXPECT_EQ(std::get<NeedMore>(decoded).bytes_min, 999u);
}

// Quadratic work would take minutes here: 200,000 arguments that arrive in 20,000 pieces.
TEST(RespDecoder, RemembersItsWorkOnABigCommand) {
  std::string bytes = "*200000\r\n";
  for (int i = 0; i < 200'000; ++i) bytes += "$3\r\nabc\r\n";
  CommandDecoder decoder;
  for (size_t size = 0; size < bytes.size(); size += 90)
    ASSERT_TRUE(
        std::holds_alternative<NeedMore>(decoder.decode(std::string_view(bytes).substr(0, size))));
  const auto decoded = decoder.decode(bytes);
  ASSERT_TRUE(std::holds_alternative<Command>(decoded));
  EXPECT_EQ(std::get<Command>(decoded).args.size(), 200'000u);
}

std::string replies(int version) {
  std::string out;
  ReplyWriter writer(out, version);
  writer.ok();
  writer.error("ERR bad\r\nthing");
  writer.integer(-7);
  writer.bulk("a\r\nb");
  writer.bulk_integer(12);
  writer.null();
  writer.null_array();
  writer.array(0);
  writer.map(1);
  writer.simple("k");
  writer.number(0.1);
  writer.set(1);
  writer.boolean(true);
  writer.push(1);
  writer.big_number("123456789012345678901234567890");
  writer.verbatim("hi");
  return out;
}

TEST(RespWriter, SpeaksVersion2) {
  EXPECT_EQ(replies(2),
            "+OK\r\n-ERR bad  thing\r\n:-7\r\n$4\r\na\r\nb\r\n$2\r\n12\r\n$-1\r\n*-1\r\n*0\r\n"
            "*2\r\n+k\r\n$3\r\n0.1\r\n*1\r\n:1\r\n*1\r\n$30\r\n123456789012345678901234567890\r\n"
            "$2\r\nhi\r\n");
}

TEST(RespWriter, SpeaksVersion3) {
  EXPECT_EQ(replies(3),
            "+OK\r\n-ERR bad  thing\r\n:-7\r\n$4\r\na\r\nb\r\n$2\r\n12\r\n_\r\n_\r\n*0\r\n"
            "%1\r\n+k\r\n,0.1\r\n~1\r\n#t\r\n>1\r\n(123456789012345678901234567890\r\n"
            "=6\r\ntxt:hi\r\n");
}

TEST(RespWriter, WritesDoublesThatReadBack) {
  const auto text = [](double value) {
    std::string out;
    ReplyWriter(out, 3).number(value);
    return out;
  };
  EXPECT_EQ(text(3), ",3\r\n");
  EXPECT_EQ(text(1e300), ",1e+300\r\n");
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), ",inf\r\n");
  EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), ",-inf\r\n");
  EXPECT_EQ(text(std::numeric_limits<double>::quiet_NaN()), ",nan\r\n");
}

TEST(RespValue, IsTheOppositeOfTheWriter) {
  for (const int version : {2, 3}) {
    const auto bytes = replies(version);
    std::string again;
    for (std::string_view rest = bytes; !rest.empty();) {
      auto reply = decode_reply(rest);
      ASSERT_TRUE(reply.ok() && reply->has_value());
      encode_value((*reply)->value, again);
      rest.remove_prefix((*reply)->consumed);
    }
    // Types that version 2 writes differently come back as the value that they stand for.
    auto expected = bytes;
    if (version == 2) expected.replace(expected.find("$-1\r\n"), 5, "_\r\n");
    EXPECT_EQ(again, expected);
  }
}

TEST(RespValue, WaitsForEveryByte) {
  const std::string bytes = "%2\r\n+a\r\n*2\r\n:1\r\n$3\r\nxyz\r\n$1\r\nb\r\n,1.5\r\n";
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto reply = decode_reply(std::string_view(bytes).substr(0, size));
    ASSERT_TRUE(reply.ok()) << size;
    ASSERT_FALSE(reply->has_value()) << size;
  }
  auto reply = decode_reply(bytes);
  ASSERT_TRUE(reply.ok() && reply->has_value());
  EXPECT_EQ((*reply)->consumed, bytes.size());
  EXPECT_EQ((*reply)->value.show(), "[a, [1, \"xyz\"], \"b\", 1.5]");
  EXPECT_EQ((*reply)->value.find("b")->number, 1.5);
}

TEST(RespValue, RefusesMalformedReplies) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  for (const std::string& bytes :
       {std::string("?\r\n"), std::string(":x\r\n"), std::string("$-2\r\n"), std::string("#x\r\n"),
        std::string("*9999999\r\n"), std::string(",abc\r\n"), std::string("_x\r\n"),
        std::string("$1\r\nabc\r\n"), std::string("%-1\r\n"), std::string("+a\nb\r\n"), deep})
    EXPECT_FALSE(decode_reply(bytes).ok()) << bytes;
}

TEST(RespCommand, IsAnArrayOfBulkStrings) {
  EXPECT_EQ(encode_command({"SET", "k", ""}), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace multiaz::wire::resp
