// SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, as PostgreSQL speaks it: both sides
// as pure state machines. Nonces and salts come from the caller. Passwords are bytes without
// SASLprep, which changes nothing for ASCII.
#pragma once

#include <string>
#include <string_view>

#include "base/core/result.h"

namespace multiaz::wire {

constexpr std::string_view kScramMechanism = "SCRAM-SHA-256";
constexpr int kScramIterations = 4096;          // PostgreSQL's default
constexpr int kScramIterationsMax = 1'000'000;  // the most that a client accepts from a server
constexpr size_t kScramMessageBytesMax = 4096;

// The verifier that a server stores instead of a password; its parts are binary strings.
struct ScramVerifier {
  std::string salt;
  int iterations = kScramIterations;
  std::string stored_key, server_key;  // 32 bytes each
};
// Costs `iterations` HMACs (a few milliseconds), so it is made once per user and not once per
// connection. REQUIRES: salt is not empty, iterations > 0.
ScramVerifier make_scram_verifier(std::string_view password, std::string salt,
                                  int iterations = kScramIterations);

// One exchange. For an unknown user, pass a verifier of a random password, so that the answer does
// not tell which users exist.
class ScramServer {
 public:
  // REQUIRES: nonce is printable ASCII without a comma, fresh for each exchange.
  ScramServer(ScramVerifier verifier, std::string nonce)
      : verifier_(std::move(verifier)), nonce_(std::move(nonce)) {}
  // Takes client-first and gives server-first. kInvalid: malformed, or channel binding is wanted.
  Result<std::string> on_first(std::string_view client_first);
  // Takes client-final and gives server-final. kDenied: wrong password; kInvalid: malformed.
  Result<std::string> on_final(std::string_view client_final);
  // The name in client-first, unescaped. PostgreSQL's clients leave it empty, because their startup
  // message has named the user already.
  [[nodiscard]] const std::string& user() const { return user_; }

 private:
  enum class State { kFirst, kFinal, kOver };
  ScramVerifier verifier_;
  std::string nonce_;
  State state_ = State::kFirst;
  std::string user_, gs2_header_, client_first_bare_, server_first_;
};

class ScramClient {
 public:
  ScramClient(std::string user, std::string password, std::string nonce)
      : user_(std::move(user)), password_(std::move(password)), nonce_(std::move(nonce)) {}
  std::string first();
  // Takes server-first and gives client-final.
  Result<std::string> on_server_first(std::string_view server_first);
  // Whether server-final proves that the server knows the password too.
  [[nodiscard]] Status on_server_final(std::string_view server_final) const;

 private:
  std::string user_, password_, nonce_;
  std::string server_signature_;
};

}  // namespace multiaz::wire
