// A document of a load balancer and a request: the document is read without a fault in both
// spellings; a good one is the same when it is written and read again; every request gets exactly
// one action, and no redirect has a byte that would end a header.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/core/check.h"
#include "base/elb/pattern.h"
#include "base/elb/read_document.h"
#include "base/elb/redirect.h"
#include "base/elb/rules.h"
#include "base/wire/http_parser.h"

namespace multiaz::elb {
namespace {

// The first request of these bytes; false when there is no whole head.
bool first_request(std::string_view bytes, wire::http::RequestHead& out) {
  wire::http::RequestParser parser;
  while (true) {
    const auto step = parser.feed(bytes);
    if (!step || step->event == wire::http::Event::kNeedMore) return false;
    if (step->event == wire::http::Event::kHead) {
      out = parser.head();
      return true;
    }
    bytes.remove_prefix(step->consumed);
  }
}

void route(const Document& document, const wire::http::RequestHead& head, uint64_t draw) {
  const RequestFacts facts = facts_of(head, static_cast<uint32_t>(draw));
  const Decision decision = decide(document, static_cast<uint16_t>(draw), facts);
  CHECK(decision.action != nullptr);
  if (const auto* forward = std::get_if<Forward>(decision.action)) {
    const WeightedGroup* group = choose_group(*forward, "", draw);
    if (group) CHECK(document.group(group->name));
  }
  if (const auto* to = std::get_if<Redirect>(decision.action)) {
    const auto location = location_of(*to, facts, "http", 80);
    if (location) {
      CHECK(location->size() <= kLocationBytesMax);
      CHECK(location->find_first_of("\r\n ") == std::string::npos);
    }
  }
}

void one_input(std::string_view input) {
  const size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string_view request =
      end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
  (void)matches(text, request, Case::kInsensitive, Escape::kBackslash);
  Defaults defaults = defaults_for_profile("fast");
  defaults.own_port = 8080;
  (void)read_document(text, defaults, Spelling::kToml);
  const Reading reading = read_document(text, defaults);
  if (!reading.mistakes.empty()) return;
  const std::string written = write_document(reading.document);
  const Reading again = read_document(written, defaults);
  CHECK_NOTE(again.mistakes.empty(), text_of(again.mistakes));
  CHECK(write_document(again.document) == written);
  wire::http::RequestHead head;
  if (first_request(request, head)) route(reading.document, head, input.size() * 2'654'435'761U);
}

}  // namespace
}  // namespace multiaz::elb

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  multiaz::elb::one_input({reinterpret_cast<const char*>(data), size});
  return 0;
}
