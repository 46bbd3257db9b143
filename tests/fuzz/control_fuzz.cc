// Frames and control messages: what decodes is equal after encoding and decoding again.
#include <string>

#include "base/core/check.h"
#include "base/wire/control.h"
#include "base/wire/frame.h"
#include "base/wire/msgpack.h"

using namespace multiaz::wire;

namespace {

void check_payload(std::string_view payload) {
  msgpack::Reader reader(payload);
  while (reader.skip()) continue;
  auto message = decode_control(payload);
  if (!message) return;
  const auto again = encode(*message);
  auto back = decode_control(again);
  CHECK(back.ok());
  CHECK(*back == *message);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_payload(bytes);
  for (;;) {
    auto frame = decode_frame(bytes, 1 << 20);
    if (!frame || !*frame) return 0;
    std::string again;
    write_frame((*frame)->payload, again);
    CHECK(again == bytes.substr(0, (*frame)->consumed));
    check_payload((*frame)->payload);
    bytes.remove_prefix((*frame)->consumed);
  }
}
