// SCRAM: each side survives any bytes of the other, and no client gets in by chance.
#include <string>

#include "base/core/check.h"
#include "base/wire/scram.h"

using namespace multiaz::wire;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto verifier = make_scram_verifier("pencil", "salt", 1);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t line = bytes.find('\n');
  const auto first = bytes.substr(0, line);
  const auto rest = line == std::string_view::npos ? "" : bytes.substr(line + 1);

  ScramServer server(verifier, "server-nonce");
  if (server.on_first(first)) CHECK(!server.on_final(rest).ok());
  ScramServer known(verifier, "server-nonce");
  CHECK(known.on_first("n,,n=u,r=client-nonce").ok());
  CHECK(!known.on_final(bytes).ok());

  // Iterations cost time and not memory, so only small numbers are tried.
  ScramClient client("u", "pencil", "client-nonce");
  const size_t iterations = first.find(",i=");
  if (iterations == std::string_view::npos || first.size() - iterations <= 6) {
    if (client.on_server_first(first)) CHECK(!client.on_server_final(rest).ok());
  }
  return 0;
}
