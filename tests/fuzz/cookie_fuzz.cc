// Cookies that visitors send: a text that was not sealed with this key is not opened, and a sealed
// one opens to the same. A sealed text of any kind is a cart or nothing.
#include <string>

#include "base/core/check.h"
#include "base/rt/loop.h"
#include "webnode/sessions/store.h"
#include "webnode/shop/signer.h"

using namespace multiaz;
using namespace multiaz::webnode;

namespace {

constexpr Nanos kNever = ~Nanos{0};

rt::Task<int> read_store(std::string text) {
  const auto store = make_cookie_store();
  SessionAt at;
  at.id = "a";
  at.carried = text;
  const auto user = co_await store->user(at, kNever);
  const auto lines = co_await store->lines(at, kNever);
  CHECK(user.ok() && lines.ok());
  StoredLine line;
  line.line = "l";
  line.text = text;
  const auto put = co_await store->put_new_line(at, line, kNever);
  if (put) {
    const auto again = co_await store->lines(at, kNever);
    CHECK(again.ok() && !again->empty());
  }
  (void)read_user(text);
  co_return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Signer kOurs("one key"), kOthers("another key");
  const std::string text(reinterpret_cast<const char*>(data), size);
  CHECK(!kOurs.open(text) || text.find('.') != std::string::npos);
  CHECK(!kOurs.session_of(text) || text.size() > kSessionIdHexDigits);
  const auto opened = kOurs.open(kOurs.seal(text));
  CHECK(opened && *opened == text);
  CHECK(!kOthers.open(kOurs.seal(text)));
  std::string changed = kOurs.seal(text);
  changed[size % changed.size()] ^= 1;
  CHECK(!kOurs.open(changed));
  rt::run(read_store(text));
  return 0;
}
