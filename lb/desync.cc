#include "lb/desync.h"

#include <algorithm>
#include <string>

namespace multiaz::lb {

namespace {

using elb::DesyncMode;
using wire::http::BodyKind;
using wire::http::Oddity;

// A body has no meaning with these methods (RFC 9110 9.3), so many servers do not read it.
constexpr std::string_view kMethodsWithoutBody[] = {"GET", "HEAD", "DELETE", "OPTIONS"};

// The parser notes the oddities. The first row of the worst class gives the reason.
struct Row {
  Oddity oddity;
  DesyncClass desync;
  std::string_view reason;
};
constexpr Row kRows[] = {
    {Oddity::kLengthAndChunks, DesyncClass::kAmbiguous, "BothTeClPresent"},
    {Oddity::kEqualLengths, DesyncClass::kAmbiguous, "DuplicateContentLength"},
    {Oddity::kIdentity, DesyncClass::kAmbiguous, "UndefinedTransferEncodingSemantics"},
    {Oddity::kDroppedHeader, DesyncClass::kAmbiguous, "SuspiciousHeader"},
    {Oddity::kBareLf, DesyncClass::kAmbiguous, "SuspiciousHeader"},
    {Oddity::kControlInTarget, DesyncClass::kAmbiguous, "AmbiguousUri"},
    {Oddity::kControlBytes, DesyncClass::kAcceptable, "NonCompliantHeader"},
    {Oddity::kVersion, DesyncClass::kAcceptable, "NonCompliantVersion"},
    {Oddity::kSpaceInTarget, DesyncClass::kAcceptable, "SpaceInUri"},
};

// "Transfer_Encoding", "Content--Length": servers that treat '_' and '-' alike take such headers
// for the real ones.
bool looks_like_framing(std::string_view name) {
  constexpr std::string_view kFirst = "cCtT";
  constexpr size_t kBytesMin = std::string_view("Content-Length").size();
  if (name.size() < kBytesMin || kFirst.find(name.front()) == std::string_view::npos) return false;
  std::string folded;
  for (const char c : name) {
    const bool joint = c == '_' || c == '-';
    if (!joint) {
      folded.push_back(c);
    } else if (folded.empty() || folded.back() != '-') {
      folded.push_back('-');
    }
  }
  for (const std::string_view real : {"Content-Length", "Transfer-Encoding"}) {
    if (wire::http::same_text(folded, real)) return !wire::http::same_text(name, real);
  }
  return false;
}

Classification classify_body(const wire::http::RequestHead& head) {
  const bool bodiless =
      std::ranges::find(kMethodsWithoutBody, head.method) != std::end(kMethodsWithoutBody);
  if (!bodiless || head.body == BodyKind::kNone) return {};
  if (head.body == BodyKind::kChunked) {
    return {DesyncClass::kAmbiguous, "UndefinedTransferEncodingSemantics"};
  }
  if (head.content_length > 0) return {DesyncClass::kAmbiguous, "UndefinedContentLengthSemantics"};
  const bool get = head.method == "GET" || head.method == "HEAD";
  if (!get) return {};
  return {DesyncClass::kAcceptable, "GetHeadZeroContentLength"};
}

}  // namespace

Classification classify(const wire::http::RequestHead& head) {
  Classification worst = classify_body(head);
  const auto consider = [&worst](DesyncClass desync, std::string_view reason) {
    if (desync > worst.desync) worst = {desync, reason};
  };
  if (!head.oddities.none()) {
    for (const Row& row : kRows) {
      if (head.oddities.has(row.oddity)) consider(row.desync, row.reason);
    }
  }
  const bool suspicious = std::ranges::any_of(head.headers, [](const wire::http::Header& header) {
    return looks_like_framing(header.name);
  });
  if (suspicious) consider(DesyncClass::kAmbiguous, "SuspiciousHeader");
  return worst;
}

std::string_view to_string(DesyncClass desync) {
  switch (desync) {
    case DesyncClass::kCompliant: return "-";
    case DesyncClass::kAcceptable: return "Acceptable";
    case DesyncClass::kAmbiguous: return "Ambiguous";
  }
  return "?";
}

Handling handling_of(DesyncClass desync, DesyncMode mode) {
  if (desync == DesyncClass::kCompliant || mode == DesyncMode::kMonitor) return Handling::kForward;
  if (mode == DesyncMode::kStrictest) return Handling::kBlock;
  return desync == DesyncClass::kAmbiguous ? Handling::kForwardAndClose : Handling::kForward;
}

}  // namespace multiaz::lb
