// Bytes before, within and behind a TLS handshake. Whatever arrives, a session neither crashes nor
// says "plain" of anything but the prefix of what its peer wrote; and a damaged stream is never
// taken for one that ended in order.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/core/check.h"
#include "base/tls/authority.h"
#include "base/tls/session.h"

using namespace multiaz;
using namespace multiaz::tls;

namespace {

constexpr std::string_view kWords =
    "the client's words, which are a little longer than a record's head";

struct Contexts {
  std::shared_ptr<const Context> server, client;
};

const Contexts& contexts() {
  static const Contexts made = [] {
    const auto authority = make_authority("an authority of fuzzing");
    CHECK(authority.ok());
    const auto certificate = issue_certificate(*authority, "a fuzzed server", {"localhost"});
    CHECK(certificate.ok());
    const auto server = Context::server({{*certificate}, {"h2", "http/1.1"}, "secret"});
    const auto client = Context::client({authority->certificates_pem, "localhost", {"http/1.1"}});
    CHECK(server.ok() && client.ok());
    return Contexts{*server, *client};
  }();
  return made;
}

// A client that speaks no TLS, or its own.
void raw_bytes(std::string_view bytes, size_t step) {
  Session server(contexts().server);
  std::string plain, reply;
  for (size_t at = 0; at < bytes.size(); at += step) {
    if (!server.take_in(bytes.substr(at, step), plain, reply)) break;
  }
  CHECK(plain.empty() && !server.established() && !server.peer_ended());
}

// Flips bits of what a real client sends: byte pairs say how far on, and which bits.
class Damage {
 public:
  explicit Damage(std::string_view plan) : plan_(plan) { next(); }
  void apply(std::string& wire) {
    for (char& byte : wire) {
      if (left_-- != 0) continue;
      byte = static_cast<char>(byte ^ bits_);
      done_ = done_ || bits_ != 0;
      next();
    }
  }
  [[nodiscard]] bool done() const { return done_; }

 private:
  void next() {
    left_ = plan_.size() < 3
                ? ~size_t{0}
                : static_cast<unsigned char>(plan_[0]) * 8 + static_cast<unsigned char>(plan_[1]);
    bits_ = plan_.size() < 3 ? 0 : plan_[2];
    plan_.remove_prefix(std::min<size_t>(plan_.size(), 3));
  }
  std::string_view plan_;
  size_t left_ = 0;
  char bits_ = 0;
  bool done_ = false;
};

void damaged_stream(std::string_view plan, size_t step) {
  Session server(contexts().server), client(contexts().client);
  Damage damage(plan);
  std::string to_server, to_client, at_server, at_client;
  client.start(to_server);
  bool said = false, alive = true;
  while (alive && !to_server.empty()) {
    damage.apply(to_server);
    const std::string wire = std::exchange(to_server, "");
    for (size_t at = 0; alive && at < wire.size(); at += step) {
      alive = server.take_in(std::string_view(wire).substr(at, step), at_server, to_client).ok();
    }
    if (!alive || !client.take_in(std::exchange(to_client, ""), at_client, to_server)) break;
    if (!client.established() || said) continue;
    said = true;
    client.write(kWords, to_server);
    client.end(to_server);
  }
  CHECK_NOTE(kWords.starts_with(at_server), at_server);
  CHECK(at_client.empty());
  if (server.peer_ended()) CHECK(at_server == kWords);
  if (!damage.done()) CHECK(server.peer_ended() && alive);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t step = 1 + data[1] * 7U;
  if (data[0] % 2 == 0) {
    raw_bytes(bytes, step);
  } else {
    damaged_stream(bytes, step);
  }
  return 0;
}
