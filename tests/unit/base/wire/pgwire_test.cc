#include "base/wire/pgwire.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <variant>

#include "base/wire/pgwire_backend.h"
#include "tests/lib/pgwire_client.h"

namespace multiaz::wire::pg {
namespace {

using namespace std::string_view_literals;

// Decodes one message; returns an empty one after a failure.
template <typename Message>
Message frontend(std::string_view bytes) {
  auto incoming = decode_frontend(bytes);
  EXPECT_TRUE(incoming.ok() && incoming->has_value()) << bytes;
  if (!incoming.ok() || !incoming->has_value()) return {};
  EXPECT_EQ((*incoming)->consumed, bytes.size());
  EXPECT_TRUE(std::holds_alternative<Message>((*incoming)->message));
  return std::get<Message>((*incoming)->message);
}

TEST(PgStartup, ReadsWhatLibpqSends) {
  auto ssl = decode_startup("\0\0\0\x08\x04\xd2\x16\x2f"sv);
  ASSERT_TRUE(ssl.ok() && ssl->has_value());
  EXPECT_TRUE(std::holds_alternative<SslRequest>((*ssl)->packet));
  auto gss = decode_startup("\0\0\0\x08\x04\xd2\x16\x30"sv);
  ASSERT_TRUE(gss.ok() && gss->has_value());
  EXPECT_TRUE(std::holds_alternative<GssEncRequest>((*gss)->packet));
  auto cancel = decode_startup("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x2a\xff\xff\xff\xff"sv);
  ASSERT_TRUE(cancel.ok() && cancel->has_value());
  EXPECT_EQ(std::get<CancelRequest>((*cancel)->packet).pid, 42);
  EXPECT_EQ(std::get<CancelRequest>((*cancel)->packet).secret, -1);
  constexpr auto kStartup = "\0\0\0\x22\0\3\0\0user\0shop\0database\0carts\0\0"sv;
  auto startup = decode_startup(kStartup);
  ASSERT_TRUE(startup.ok() && startup->has_value());
  const auto& message = std::get<StartupMessage>((*startup)->packet);
  EXPECT_EQ(message.find("user"), "shop");
  EXPECT_EQ(message.find("database"), "carts");
  EXPECT_EQ(message.find("options"), std::nullopt);
  EXPECT_EQ((*startup)->consumed, kStartup.size());
  for (size_t size = 0; size < kStartup.size(); ++size) {
    auto part = decode_startup(kStartup.substr(0, size));
    ASSERT_TRUE(part.ok()) << size;
    EXPECT_FALSE(part->has_value()) << size;
  }
}

TEST(PgStartup, ReadsOtherVersionsWithoutTheirParameters) {
  auto startup = decode_startup("\0\0\0\x0c\0\2\0\0\1\2\3\4"sv);
  ASSERT_TRUE(startup.ok() && startup->has_value());
  EXPECT_EQ(std::get<StartupMessage>((*startup)->packet).major, 2);
}

TEST(PgStartup, RefusesMalformedPackets) {
  for (const auto bytes : {
           "\0\0\0\x07\0\3\0"sv,                      // too short
           "\0\0\x27\x11\0\3\0\0"sv,                  // too long
           "GET / HTTP/1.1\r\n"sv,                    // another protocol
           "\0\0\0\x0a\0\3\0\0ab"sv,                  // no NUL
           "\0\0\0\x0b\0\3\0\0ab\0"sv,                // a name without a value
           "\0\0\0\x0a\0\3\0\0\0x"sv,                 // bytes after the end
           "\0\0\0\x0c\x04\xd2\x16\x2e\0\0\0\x2a"sv,  // cancel without secret
           "\0\0\0\x09\x04\xd2\x16\x2fx"sv,           // SSL with more
       })
    EXPECT_FALSE(decode_startup(bytes).ok()) << bytes;
}

TEST(PgFrontend, HasGoldenBytes) {
  EXPECT_EQ(frontend<Query>("Q\0\0\0\x0dSELECT 1\0"sv).sql, "SELECT 1");
  const auto parse = frontend<Parse>("P\0\0\0\x13s\0SELECT\0\0\1\0\0\0\x17"sv);
  EXPECT_EQ(parse.statement, "s");
  EXPECT_EQ(parse.sql, "SELECT");
  EXPECT_EQ(parse.parameter_types, std::vector<uint32_t>{23});
  const auto bind =
      frontend<Bind>("B\0\0\0\x1cp\0s\0\0\1\0\1\0\2\0\0\0\2hi\xff\xff\xff\xff\0\1\0\1"sv);
  EXPECT_EQ(bind.portal, "p");
  EXPECT_EQ(bind.statement, "s");
  ASSERT_EQ(bind.parameters.size(), 2u);
  EXPECT_EQ(bind.parameters[0], "hi");
  EXPECT_EQ(bind.parameters[1], std::nullopt);
  EXPECT_EQ(bind.parameter_format(1), 1) << "one format is for all";
  EXPECT_EQ(bind.result_formats, std::vector<int16_t>{1});
  EXPECT_EQ(frontend<Describe>("D\0\0\0\x06P\0"sv).what, What::kPortal);
  EXPECT_EQ(frontend<Execute>("E\0\0\0\x09\0\0\0\0\5"sv).rows_max, 5);
  EXPECT_EQ(frontend<Close>("C\0\0\0\x07Ss\0"sv).name, "s");
  frontend<Sync>("S\0\0\0\4"sv);
  frontend<Flush>("H\0\0\0\4"sv);
  frontend<Terminate>("X\0\0\0\4"sv);
  EXPECT_EQ(frontend<CopyData>("d\0\0\0\6ab"sv).bytes, "ab");
  frontend<CopyDone>("c\0\0\0\4"sv);
  EXPECT_EQ(frontend<CopyFail>("f\0\0\0\7no\0"sv).reason, "no");
}

std::vector<FrontendMessage> one_of_each() {
  Parse parse{"name", "INSERT INTO t VALUES ($1, $2)", {25, 0}};
  Bind bind;
  bind.portal = "portal";
  bind.statement = "name";
  bind.parameter_formats = {0, 1};
  bind.parameters = {std::string("a\0b", 3), std::nullopt};
  bind.result_formats = {1, 0, 1};
  return {Query{"SELECT 1; SELECT 2"},
          parse,
          bind,
          Describe{What::kStatement, "name"},
          Execute{"portal", 100},
          Close{What::kPortal, "portal"},
          Sync{},
          Flush{},
          Terminate{},
          make_sasl_initial("SCRAM-SHA-256", "n,,n=,r=abc"),
          CopyData{"1\t2\n"},
          CopyDone{},
          CopyFail{"reason"}};
}

TEST(PgFrontend, ComesBackAsItWasSentHoweverItIsCut) {
  std::string session;
  for (const auto& message : one_of_each()) encode_frontend(message, session);
  for (size_t step = 1; step <= session.size(); ++step) {
    std::string buffer;
    std::string again;
    size_t seen = 0;
    for (size_t fed = 0; fed < session.size(); fed += step) {
      buffer += session.substr(fed, step);
      for (;;) {
        auto incoming = decode_frontend(buffer);
        ASSERT_TRUE(incoming.ok()) << incoming.error().text();
        if (!incoming->has_value()) break;
        encode_frontend((*incoming)->message, again);
        buffer.erase(0, (*incoming)->consumed);
        ++seen;
      }
    }
    ASSERT_EQ(seen, one_of_each().size()) << "in steps of " << step;
    ASSERT_EQ(again, session) << "in steps of " << step;
  }
}

TEST(PgFrontend, ReadsTheSaslMessages) {
  const auto initial = read_sasl_initial(make_sasl_initial("SCRAM-SHA-256", "n,,x"));
  ASSERT_TRUE(initial.ok());
  EXPECT_EQ(initial->mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(initial->response, "n,,x");
  const auto none = read_sasl_initial(PasswordData{std::string("M\0\xff\xff\xff\xff", 6)});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->response, std::nullopt);
  for (const auto body : {"M"sv, "M\0\0\0\0\5ab"sv, "M\0\xff\xff\xff\xfe"sv, "M\0\0\0\0\1abc"sv})
    EXPECT_FALSE(read_sasl_initial(PasswordData{std::string(body)}).ok()) << body;
}

TEST(PgFrontend, RefusesMalformedMessages) {
  for (const auto bytes : {
           "Q\0\0\0\x0cSELECT 1"sv,                                // no NUL
           "Q\0\0\0\x0eSELECT 1\0x"sv,                             // more than one text
           "S\0\0\0\5x"sv,                                         // Sync with a body
           "P\0\0\0\x08\0\0\xff\xff"sv,                            // types that are not there
           "B\0\0\0\x0a\0\0\0\0\xff\xff"sv,                        // parameters that are not there
           "B\0\0\0\x10\0\0\0\0\0\1\xff\xff\xff\xfe\0\0"sv,        // negative length
           "B\0\0\0\x10\0\0\0\0\0\1\0\0\0\x64\0\0"sv,              // longer than the message
           "B\0\0\0\x0c\0\0\0\1\0\2\0\0\0\0"sv.substr(0, 13),      // format 2
           "B\0\0\0\x0e\0\0\0\2\0\0\0\0\0\0\0\0"sv.substr(0, 15),  // two formats, no parameter
           "D\0\0\0\6X\0"sv,                                       // neither statement nor portal
           "E\0\0\0\x08\0\0\0\0"sv,                                // half a row limit
           "F\0\0\0\4"sv, "\0\0\0\0\4"sv, "z\0\0\0\4"sv,           // unknown types
       }) {
    auto incoming = decode_frontend(bytes);
    ASSERT_FALSE(incoming.ok()) << bytes;
    EXPECT_EQ(incoming.error().code, Code::kInvalid) << bytes;
  }
  EXPECT_EQ(decode_frontend("z\0\0\0\4"sv).error().detail, "invalid frontend message type 122");
}

TEST(PgFrontend, RefusesLengthsAtOnce) {
  EXPECT_EQ(decode_frontend("Q\0\0\0\3"sv).error().code, Code::kLimit);
  EXPECT_EQ(decode_frontend("Q\xff\xff\xff\xff"sv).error().code, Code::kLimit);
  EXPECT_EQ(decode_frontend("p\0\1\0\1"sv, kUnauthenticatedBytesMax).error().code, Code::kLimit);
  EXPECT_TRUE(decode_frontend("p\0\1\0\0"sv, kUnauthenticatedBytesMax).ok());
}

template <typename Write>
std::string written(Write write) {
  std::string out = "before";  // a writer appends
  BackendWriter writer(out);
  write(writer);
  return out.substr(6);
}

TEST(PgBackend, HasGoldenBytes) {
  EXPECT_EQ(written([](auto& w) { w.authentication_ok(); }), "R\0\0\0\x08\0\0\0\0"sv);
  constexpr std::string_view kMechanisms[] = {"SCRAM-SHA-256"};
  EXPECT_EQ(written([&](auto& w) { w.authentication_sasl(kMechanisms); }),
            "R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"sv);
  EXPECT_EQ(written([](auto& w) { w.authentication_sasl_continue("r=a"); }),
            "R\0\0\0\x0b\0\0\0\x0br=a"sv);
  EXPECT_EQ(written([](auto& w) { w.authentication_sasl_final("v=a"); }),
            "R\0\0\0\x0b\0\0\0\x0cv=a"sv);
  constexpr std::string_view kUnknown[] = {"_pq_.x"};
  EXPECT_EQ(written([&](auto& w) { w.negotiate_protocol_version(0, kUnknown); }),
            "v\0\0\0\x13\0\0\0\0\0\0\0\1_pq_.x\0"sv);
  EXPECT_EQ(written([](auto& w) { w.parameter_status("a", "b"); }), "S\0\0\0\x08\x61\0\x62\0"sv);
  EXPECT_EQ(written([](auto& w) { w.backend_key_data(1, -1); }),
            "K\0\0\0\x0c\0\0\0\1\xff\xff\xff\xff"sv);
  EXPECT_EQ(written([](auto& w) { w.ready_for_query(Transaction::kFailed); }), "Z\0\0\0\5E"sv);
  EXPECT_EQ(written([](auto& w) { w.command_complete("BEGIN"); }),
            "C\0\0\0\x0a"
            "BEGIN\0"sv);
  EXPECT_EQ(written([](auto& w) { w.empty_query_response(); }), "I\0\0\0\4"sv);
  EXPECT_EQ(written([](auto& w) {
              w.parse_complete();
              w.bind_complete();
              w.close_complete();
              w.no_data();
              w.portal_suspended();
            }),
            "1\0\0\0\4"
            "2\0\0\0\4"
            "3\0\0\0\4n\0\0\0\4s\0\0\0\4"sv);
  constexpr uint32_t kTypes[] = {23, 25};
  EXPECT_EQ(written([&](auto& w) { w.parameter_description(kTypes); }),
            "t\0\0\0\x0e\0\2\0\0\0\x17\0\0\0\x19"sv);
}

TEST(PgBackend, WritesRows) {
  ColumnDescription id;
  id.name = "id";
  id.type_oid = 23;
  id.type_bytes = 4;
  EXPECT_EQ(written([&](auto& w) { w.row_description(std::span(&id, 1)); }),
            "T\0\0\0\x1b\0\1id\0\0\0\0\0\0\0\0\0\0\x17\0\4\xff\xff\xff\xff\0\0"sv);
  const std::optional<std::string_view> values[] = {"1", std::nullopt, ""};
  const auto row = written([&](auto& w) { w.data_row(values); });
  EXPECT_EQ(row,
            "D\0\0\0\x13\0\3\0\0\0\1"
            "1\xff\xff\xff\xff\0\0\0\0"sv);
  const auto message = decode_backend(row);
  ASSERT_TRUE(message.ok() && message->has_value());
  const std::vector<std::optional<std::string>> expected = {"1", std::nullopt, ""};
  EXPECT_EQ(read_data_row((*message)->body).value(), expected);
}

TEST(PgBackend, WritesErrorsWithTheirFields) {
  Report report;
  report.code = "23505";
  report.message = std::string("duplicate\0key", 13);
  report.detail = "Key (id)=(1) already exists.";
  report.position = 17;
  report.constraint = "t_pkey";
  const auto bytes = written([&](auto& w) { w.error(report); });
  const auto message = decode_backend(bytes);
  ASSERT_TRUE(message.ok() && message->has_value());
  EXPECT_EQ((*message)->type, 'E');
  const std::map<char, std::string> expected = {
      {'S', "ERROR"},     {'V', "ERROR"}, {'C', "23505"},
      {'M', "duplicate"}, {'P', "17"},    {'D', "Key (id)=(1) already exists."},
      {'n', "t_pkey"}};
  EXPECT_EQ(read_report((*message)->body).value(), expected);
}

TEST(PgClient, RefusesMalformedAnswers) {
  EXPECT_FALSE(read_report("Serror").ok());
  EXPECT_FALSE(read_data_row("\0\1\0\0\0\5ab"sv).ok());
  EXPECT_FALSE(read_data_row("\0\1\xff\xff\xff\xfe"sv).ok());
  EXPECT_FALSE(read_row_description("\0\1id\0\0\0"sv).ok());
  EXPECT_FALSE(decode_backend("R\0\0\0\1"sv).ok());
}

}  // namespace
}  // namespace multiaz::wire::pg
