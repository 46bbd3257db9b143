// PostgreSQL's protocol: what decodes can be encoded to the same bytes again, and the client's
// readers survive any bytes.
#include <string>
#include <variant>

#include "base/core/check.h"
#include "base/wire/pgwire.h"
#include "tests/lib/pgwire_client.h"

using namespace multiaz::wire::pg;

namespace {

void check_startup(std::string_view bytes) {
  auto startup = decode_startup(bytes);
  if (!startup || !*startup) return;
  std::string again;
  encode_startup((*startup)->packet, again);
  const auto* message = std::get_if<StartupMessage>(&(*startup)->packet);
  if (message == nullptr || message->major == 3)
    CHECK(again == bytes.substr(0, (*startup)->consumed));
}

void check_frontend(std::string_view bytes) {
  for (;;) {
    auto incoming = decode_frontend(bytes, 1 << 20);
    if (!incoming || !*incoming) return;
    std::string again;
    encode_frontend((*incoming)->message, again);
    CHECK(again == bytes.substr(0, (*incoming)->consumed));
    if (const auto* bind = std::get_if<Bind>(&(*incoming)->message))
      for (size_t i = 0; i < bind->parameters.size(); ++i) (void)bind->parameter_format(i);
    if (const auto* password = std::get_if<PasswordData>(&(*incoming)->message)) {
      auto initial = read_sasl_initial(*password);
      if (initial && initial->response)
        CHECK(make_sasl_initial(initial->mechanism, *initial->response).body == password->body);
    }
    bytes.remove_prefix((*incoming)->consumed);
  }
}

void check_backend(std::string_view bytes) {
  for (;;) {
    auto message = decode_backend(bytes, 1 << 20);
    if (!message || !*message) return;
    (void)read_report((*message)->body);
    (void)read_data_row((*message)->body);
    (void)read_row_description((*message)->body);
    bytes.remove_prefix((*message)->consumed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_startup(bytes);
  check_frontend(bytes);
  check_backend(bytes);
  return 0;
}
