// The lenient reading: what has one safe meaning is read so and noted; the rest stays an error.
#include <gtest/gtest.h>

#include "tests/unit/base/wire/http_transcript.h"

namespace multiaz::wire::http {
namespace {

std::string names(Oddities oddities) {
  constexpr const char* kNames[] = {"lf",      "leading", "control", "control-in-target",
                                    "space",   "version", "dropped", "equal-lengths",
                                    "length+", "old",     "identity"};
  std::string out;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (oddities.has(static_cast<Oddity>(i)))
      out += std::string(out.empty() ? "" : " ") + kNames[i];
  }
  return out;
}

// "GET / none; end;  [lf]"
template <typename Parser>
std::string read(const std::string& bytes) {
  Parser parser(Reading::kLenient);
  Transcript seen;
  const bool good = feed_all(parser, bytes, seen);
  seen.close_body();
  constexpr size_t kEveryCutBytesMax = 500;  // the square of it is the work
  if (bytes.size() < kEveryCutBytesMax) expect_same_however_cut<Parser>(bytes, Reading::kLenient);
  if (!good) return std::to_string(parser.error_status());
  std::string odd = names(parser.head().oddities);
  if (parser.loose_chunks()) odd += odd.empty() ? "loose" : " loose";
  return seen.text + (odd.empty() ? "" : "[" + odd + "]");
}

std::string request(const std::string& bytes) {
  return read<RequestParser>(bytes);
}
std::string response(const std::string& bytes) {
  return read<ResponseParser>(bytes);
}
std::string get(std::string_view headers) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
}
std::string chunked(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

TEST(HttpLenient, AMethodIsAnyToken) {
  EXPECT_EQ(request("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n"), "BREW /pot none; end; ");
  EXPECT_EQ(request("QUERY / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"),
            "QUERY / length 2; body ab; end; ");
  EXPECT_EQ(request("get / HTTP/1.1\r\nHost: a\r\n\r\n"), "get / none; end; ");
  EXPECT_EQ(request("B(EW / HTTP/1.1\r\nHost: a\r\n\r\n"), "400");
  EXPECT_EQ(request(std::string(100, 'G') + " / HTTP/1.1\r\nHost: a\r\n\r\n"),
            std::string(100, 'G') + " / none; end; ");
}

TEST(HttpLenient, LinesMayEndInLfAndBeginLate) {
  EXPECT_EQ(request("GET / HTTP/1.1\nHost: a\n\n"), "GET / none; end; [lf]");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: a\r\nX: y\nContent-Length: 2\r\n\r\nab"),
            "POST / length 2; body ab; end; [lf]");
  EXPECT_EQ(request("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET / none; end; [leading]");
  EXPECT_EQ(request("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET / none; end; [lf]");
}

TEST(HttpLenient, TargetsAreEncoded) {
  EXPECT_EQ(request("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /a%20b none; end; [space]");
  EXPECT_EQ(request("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"), "GET /%C3%A4 none; end; ");
  EXPECT_EQ(request("GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
            "GET /a%01 none; end; [control-in-target]");
  EXPECT_EQ(request("GET  HTTP/1.1\r\nHost: a\r\n\r\n"), "400") << "an empty target";
}

TEST(HttpLenient, LaterVersionsOfHttp1AreReadAsHttp11) {
  EXPECT_EQ(request("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), "GET / none; end; [version]");
  EXPECT_EQ(request("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), "505");
  EXPECT_EQ(request("GET / HTTX/1.1\r\nHost: a\r\n\r\n"), "400");
  EXPECT_EQ(request("GET /old\r\n"), "505") << "HTTP/0.9 sends no more";
}

TEST(HttpLenient, ValuesMayHaveControlBytesNamesMustBeTokens) {
  EXPECT_EQ(request(get("X: a\x01\x7f\r\n")), "GET / none; end; [control]");
  EXPECT_EQ(request(get("Content-Length : 5\r\n")), "GET / none; end; [dropped]");
  EXPECT_EQ(request(get(": x\r\n")), "GET / none; end; [dropped]");
  EXPECT_EQ(request(get("no colon\r\n")), "400");
  EXPECT_EQ(request(get("X: a\r\n b\r\n")), "400") << "folded";
  EXPECT_EQ(request(get("X: a\rb\r\n")), "400");
  EXPECT_EQ(request(get(std::string_view("X: a\0\r\n", 7))), "400");
  EXPECT_EQ(request(get("Host: b\r\n")), "400") << "two hosts have no one meaning";
}

TEST(HttpLenient, FramingThatSaysTheSameTwiceSaysIt) {
  EXPECT_EQ(
      request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
      "POST / length 2; body ab; end; [equal-lengths]");
  EXPECT_EQ(request(get("Content-Length: 1\r\nContent-Length: 2\r\n")), "400");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
            "POST / chunked; body a; end; [length+]");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n"
                    "Content-Length: 1\r\n\r\na"),
            "POST / length 1; body a; end; [identity]");
  EXPECT_EQ(request(get("Transfer-Encoding: gzip, chunked\r\n")), "501");
  EXPECT_EQ(request(get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), "501");
  EXPECT_EQ(request("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400");
}

TEST(HttpLenient, ChunkLinesMayBeLoose) {
  EXPECT_EQ(request(chunked("1 \t\r\na\r\n0\r\n\r\n")), "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked("1\na\n0\n\n")), "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked(std::string(40, '0') + "1\r\na\r\n0\r\n\r\n")),
            "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked("1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n")),
            "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked("1\r\na\r\n0\r\nA: b\r\n c\r\n\r\n")),
            "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked("1\r\na\r\n0\r\nA: " + std::string(10'000, 'x') + "\r\n\r\n")),
            "POST / chunked; body a; end; [loose]");
  EXPECT_EQ(request(chunked("1 2\r\na\r\n")), "400") << "a digit after a blank";
  EXPECT_EQ(request(chunked("fffffffffffffffff\r\n")), "400");
  EXPECT_EQ(request(chunked("1\r\nab\r\n")), "400");
  EXPECT_EQ(request(chunked("1\r\na\r\n0\r\nnonsense\r\n\r\n")), "400");
  EXPECT_EQ(request(chunked("1;" + std::string(20'000, 'x') + "\r\n")), "400");
  EXPECT_EQ(request(chunked("1\r\na\r\n0\r\n\r\n")), "POST / chunked; body a; end; ");
}

TEST(HttpLenient, AnswersOfHarmlessServersAreRead) {
  EXPECT_EQ(response("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
            "200 length 2; body ok; end; [lf]");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nok\r\n0\r\n\r\n"),
            "200 chunked; body ok; end; [length+]");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
            "200 length 2; body ok; end; [equal-lengths]");
  EXPECT_EQ(response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            "200 chunked; body ok; end; [old]");
  EXPECT_EQ(response("HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"),
            "200 length 2; body ok; end; [version]");
  EXPECT_EQ(response("HTTP/1.2 200\r\nContent-Length: 2\r\n\r\nok"),
            "200 length 2; body ok; end; [version]");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nX: a\x01\r\nContent-Length: 2\r\n\r\nok"),
            "200 length 2; body ok; end; [control]");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2   \nok\n0\n\n"),
            "200 chunked; body ok; end; [loose]");
  EXPECT_EQ(response("HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\nok"), "502");
  EXPECT_EQ(response("ICY 200 OK\r\n\r\n"), "502");
  EXPECT_EQ(response("HTTP/0.9 200 OK\r\n\r\n"), "502");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok"), "502");
}

}  // namespace
}  // namespace multiaz::wire::http
