// The classes of requests and what follows from them, by the table of ALB's desync mitigation.
#include "lb/desync.h"

#include <gtest/gtest.h>

#include "base/wire/http_parser.h"

namespace multiaz::lb {
namespace {

using elb::DesyncMode;

// "Ambiguous BothTeClPresent", "-" for a compliant request, "refused" where the parser says no.
std::string classified(const std::string& bytes) {
  wire::http::RequestParser parser(wire::http::Reading::kLenient);
  const auto step = parser.feed(bytes);
  if (!step || step->event != wire::http::Event::kHead) return "refused";
  const Classification found = classify(parser.head());
  const std::string reason(found.reason);
  return std::string(to_string(found.desync)) + (reason.empty() ? "" : " " + reason);
}
std::string with(const std::string& first, const std::string& headers) {
  return first + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n";
}

TEST(Desync, CompliantRequests) {
  EXPECT_EQ(classified(with("GET /", "")), "-");
  EXPECT_EQ(classified(with("POST /", "Content-Length: 5\r\n")), "-");
  EXPECT_EQ(classified(with("POST /", "Transfer-Encoding: chunked\r\n")), "-");
  EXPECT_EQ(classified(with("DELETE /", "Content-Length: 0\r\n")), "-") << "no body";
  EXPECT_EQ(classified(with("BREW /", "")), "-");
  EXPECT_EQ(classified(with("GET /", "Content-Encoding: x\r\nX-Transfer-Encoding: y\r\n")), "-");
}

TEST(Desync, AcceptableRequestsAreReadAlikeEverywhere) {
  EXPECT_EQ(classified(with("GET /", "Content-Length: 0\r\n")),
            "Acceptable GetHeadZeroContentLength");
  EXPECT_EQ(classified(with("GET /", "X: a\x01\r\n")), "Acceptable NonCompliantHeader");
  EXPECT_EQ(classified("GET / HTTP/1.3\r\nHost: h\r\n\r\n"), "Acceptable NonCompliantVersion");
  EXPECT_EQ(classified(with("GET /a b", "")), "Acceptable SpaceInUri");
}

TEST(Desync, AmbiguousRequestsEndInDifferentPlacesForDifferentReaders) {
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(classified(with(std::string(method) + " /", "Content-Length: 5\r\n")),
              "Ambiguous UndefinedContentLengthSemantics");
    EXPECT_EQ(classified(with(std::string(method) + " /", "Transfer-Encoding: chunked\r\n")),
              "Ambiguous UndefinedTransferEncodingSemantics");
  }
  EXPECT_EQ(classified(with("POST /", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
            "Ambiguous BothTeClPresent");
  EXPECT_EQ(classified(with("POST /", "Content-Length: 5\r\nContent-Length: 5\r\n")),
            "Ambiguous DuplicateContentLength");
  EXPECT_EQ(classified(with("POST /", "Transfer-Encoding: identity\r\n")),
            "Ambiguous UndefinedTransferEncodingSemantics");
  for (const char* name : {"Transfer_Encoding", "content_length", "Transfer---Encoding",
                           "Transfer_-_Encoding", "Content-Length ", "Transfer-Encoding\t", ""}) {
    EXPECT_EQ(classified(with("POST /", std::string(name) + ": 5\r\n")),
              "Ambiguous SuspiciousHeader")
        << name;
  }
  EXPECT_EQ(classified("POST / HTTP/1.1\r\nHost: h\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n"),
            "Ambiguous SuspiciousHeader");
  EXPECT_EQ(classified(with("GET /a\x02", "")), "Ambiguous AmbiguousUri");
}

TEST(Desync, SevereRequestsHaveNoOneMeaning) {
  EXPECT_EQ(classified(with("POST /", "Content-Length: 5\r\nContent-Length: 6\r\n")), "refused");
  EXPECT_EQ(classified(with("POST /", "Content-Length: +5\r\n")), "refused");
  EXPECT_EQ(classified(with("POST /", "Content-Length: 5, 5\r\n")), "refused");
  EXPECT_EQ(classified(with("POST /", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")),
            "refused");
  EXPECT_EQ(classified(with("GET /", "X: a\rTransfer-Encoding: chunked\r\n")), "refused");
  EXPECT_EQ(classified("GET / HTTQ/1.1\r\nHost: h\r\n\r\n"), "refused");
}

TEST(Desync, TheModesAreThoseOfTheTable) {
  const auto row = [](DesyncClass desync) {
    std::string out;
    for (const auto mode : {DesyncMode::kMonitor, DesyncMode::kDefensive, DesyncMode::kStrictest}) {
      switch (handling_of(desync, mode)) {
        case Handling::kForward: out += "forward "; break;
        case Handling::kForwardAndClose: out += "close "; break;
        case Handling::kBlock: out += "block "; break;
      }
    }
    return out;
  };
  EXPECT_EQ(row(DesyncClass::kCompliant), "forward forward forward ");
  EXPECT_EQ(row(DesyncClass::kAcceptable), "forward forward block ");
  EXPECT_EQ(row(DesyncClass::kAmbiguous), "forward close block ");
}

}  // namespace
}  // namespace multiaz::lb
