// Whole requests of awsapi over a store in memory: each field of each operation may have any value.
// The answer is always an object, or a refusal with its proper type.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "awsapi/dynamodb/service.h"
#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "base/rt/loop.h"
#include "tests/unit/awsapi/memory_store.h"
#include "tests/unit/awsapi/sample_requests.h"

using namespace multiaz;
using namespace multiaz::awsapi::dynamodb;
using nlohmann::json;

namespace {

constexpr uint64_t kPatienceMs = 60'000;
constexpr size_t kChangesMax = 4;

void places(const json& value, const json::json_pointer& at, std::vector<json::json_pointer>& out) {
  if (value.is_structured()) {
    for (const auto& [key, inner] : value.items()) places(inner, at / key, out);
  }
  out.push_back(at);
}

class Bytes {
 public:
  explicit Bytes(std::string_view all) : rest_(all) {}
  size_t below(size_t bound) {
    if (rest_.empty() || bound == 0) return 0;
    const size_t value = static_cast<unsigned char>(rest_.front()) % bound;
    rest_.remove_prefix(1);
    return value;
  }
  // The bytes up to the next newline.
  std::string text() {
    const size_t end = rest_.find('\n');
    std::string out(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return out;
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

json strange_value(Bytes& bytes) {
  const size_t kind = bytes.below(12);
  if (kind == 0) return nullptr;
  if (kind == 1) return true;
  if (kind == 2) return -1;
  if (kind == 3) return 1e300;
  if (kind == 4) return json::array();
  if (kind == 5) return json::object();
  if (kind == 6) return json::array({json(nullptr), json(5)});
  const std::string text = bytes.text();
  if (kind == 7)
    return json::parse(text, nullptr, false).is_discarded() ? json(text) : json::parse(text);
  if (kind == 8) return json{{"S", text}};
  if (kind == 9) return json{{"N", text}};
  if (kind == 10) return json{{text, text}};
  return text;
}

rt::Task<int> one_request(std::string operation, std::string body) {
  MemoryStore store;
  Service service{store};
  const Nanos until = monotonic_now() + kPatienceMs * kMillisecond;
  for (const auto& [name, prepared] : preparing_requests())
    (void)co_await answer(service, name, jsonio::dump(prepared), until);
  for (int twice = 0; twice < 2; ++twice) {
    const Answer done = co_await answer(service, operation, body, until);
    if (done) CHECK(done->is_object() && !jsonio::dump(*done).empty());
    if (!done) {
      const std::string& type = done.error().type;
      CHECK(done.error().status == 400 && type.ends_with("Exception"));
      CHECK(!done.error().extra || done.error().extra->is_object());
      CHECK(type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") ==
            std::string::npos);
    }
  }
  co_return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Requests kSamples = sample_requests();
  Bytes bytes(std::string_view(reinterpret_cast<const char*>(data), size));
  const size_t which = bytes.below(kSamples.size() + 1);
  if (which == kSamples.size()) {
    const std::string operation = bytes.text();
    rt::run(one_request(operation, bytes.text()));
    return 0;
  }
  const auto& [operation, sample] = kSamples[which];
  json body = sample;
  for (size_t i = 0; i < kChangesMax && !bytes.empty(); ++i) {
    std::vector<json::json_pointer> all;
    places(body, json::json_pointer(), all);
    const json::json_pointer at = all[bytes.below(all.size())];
    body[at] = strange_value(bytes);
  }
  rt::run(one_request(operation, jsonio::dump(body)));
  return 0;
}
