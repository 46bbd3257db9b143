#include "base/wire/scram.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/core/check.h"
#include "base/wire/hash.h"

namespace multiaz::wire {
namespace {

using Hash = Sha256;

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

void mix(const Hash& other, Hash& hash) {
  for (size_t i = 0; i < hash.size(); ++i) hash[i] ^= other[i];
}

// Hi() of RFC 5802: PBKDF2 with one block. The keyed state is made once and copied.
Hash salted_password(std::string_view password, std::string_view salt, int iterations) {
  crypto_auth_hmacsha256_state keyed;
  crypto_auth_hmacsha256_init(&keyed, raw(password), password.size());
  Hash block = hmac_sha256(password, std::string(salt) + std::string("\0\0\0\1", 4));
  Hash out = block;
  for (int i = 1; i < iterations; ++i) {
    auto state = keyed;
    crypto_auth_hmacsha256_update(&state, block.data(), block.size());
    crypto_auth_hmacsha256_final(&state, block.data());
    mix(block, out);
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), raw(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  size_t bytes = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &bytes, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0)
    return std::nullopt;
  out.resize(bytes);
  return out;
}

// Takes "k=value" and its comma from the front of a message.
std::optional<std::string_view> take_attribute(std::string_view& text, char letter) {
  if (text.size() < 2 || text[0] != letter || text[1] != '=') return std::nullopt;
  const size_t comma = std::min(text.find(','), text.size());
  const auto value = text.substr(2, comma - 2);
  text.remove_prefix(std::min(comma + 1, text.size()));
  return value;
}

bool is_nonce(std::string_view text) {
  for (char c : text)
    if (c < '!' || c > '~' || c == ',') return false;
  return !text.empty();
}

// saslname: "=2C" is a comma, "=3D" an equals sign, no other '=' may occur.
std::optional<std::string> unescape_name(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto code = text.substr(i, 3);
    if (text[i] != '=') {
      out += text[i];
    } else if (code == "=2C" || code == "=3D") {
      out += code == "=2C" ? ',' : '=';
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::string escape_name(std::string_view name) {
  std::string out;
  for (char c : name) out += c == ',' ? "=2C" : c == '=' ? "=3D" : std::string(1, c);
  return out;
}

Error malformed() {
  return Error(Code::kInvalid, "malformed SCRAM message");
}

}  // namespace

ScramVerifier make_scram_verifier(std::string_view password, std::string salt, int iterations) {
  CHECK(!salt.empty() && iterations > 0);
  const Hash salted = salted_password(password, salt, iterations);
  const Hash client_key = hmac_sha256(bytes_of(salted), "Client Key");
  const Hash server_key = hmac_sha256(bytes_of(salted), "Server Key");
  return ScramVerifier{std::move(salt), iterations,
                       std::string(bytes_of(sha256(bytes_of(client_key)))),
                       std::string(bytes_of(server_key))};
}

Result<std::string> ScramServer::on_first(std::string_view client_first) {
  const bool expected = std::exchange(state_, State::kOver) == State::kFirst;
  if (!expected || client_first.size() > kScramMessageBytesMax) return malformed();
  // gs2 header: "n,," or "y,," (no channel binding), perhaps with an authorisation identity.
  auto rest = client_first;
  if (rest.starts_with("p="))
    return Error(Code::kInvalid, "SCRAM channel binding is not supported");
  if (!rest.starts_with("n,") && !rest.starts_with("y,")) return malformed();
  rest.remove_prefix(2);
  const size_t comma = rest.find(',');
  if (comma == std::string_view::npos) return malformed();
  if (comma > 0) return Error(Code::kInvalid, "SCRAM authorization identity is not supported");
  rest.remove_prefix(1);
  gs2_header_ = client_first.substr(0, client_first.size() - rest.size());
  client_first_bare_ = rest;

  if (rest.starts_with("m=")) return Error(Code::kInvalid, "unknown mandatory SCRAM extension");
  const auto name = take_attribute(rest, 'n');
  const auto client_nonce = take_attribute(rest, 'r');
  if (!name || !client_nonce || !is_nonce(*client_nonce)) return malformed();
  const auto user = unescape_name(*name);
  if (!user) return malformed();
  user_ = *user;
  nonce_ = std::string(*client_nonce) + nonce_;
  server_first_ = "r=" + nonce_ + ",s=" + to_base64(verifier_.salt) +
                  ",i=" + std::to_string(verifier_.iterations);
  state_ = State::kFinal;
  return server_first_;
}

Result<std::string> ScramServer::on_final(std::string_view client_final) {
  const bool expected = std::exchange(state_, State::kOver) == State::kFinal;
  if (!expected || client_final.size() > kScramMessageBytesMax) return malformed();
  const size_t proof_at = client_final.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed();
  const auto without_proof = client_final.substr(0, proof_at);
  const auto proof = from_base64(client_final.substr(proof_at + 3));
  auto rest = without_proof;
  const auto binding = take_attribute(rest, 'c');
  const auto nonce = take_attribute(rest, 'r');
  if (!binding || !nonce || !proof || proof->size() != sizeof(Sha256)) return malformed();
  if (from_base64(*binding) != gs2_header_) return malformed();
  if (*nonce != nonce_) return Error(Code::kInvalid, "SCRAM nonce does not match");

  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  Hash client_key = hmac_sha256(verifier_.stored_key, auth_message);
  Hash given;
  std::copy(proof->begin(), proof->end(), given.begin());
  mix(given, client_key);
  const Hash stored = sha256(bytes_of(client_key));
  if (verifier_.stored_key.size() != sizeof(Sha256) ||
      sodium_memcmp(stored.data(), verifier_.stored_key.data(), sizeof(Sha256)) != 0)
    return Error(Code::kDenied, "wrong password");
  return "v=" + to_base64(bytes_of(hmac_sha256(verifier_.server_key, auth_message)));
}

std::string ScramClient::first() {
  return "n,,n=" + escape_name(user_) + ",r=" + nonce_;
}

Result<std::string> ScramClient::on_server_first(std::string_view server_first) {
  auto rest = server_first;
  const auto nonce = take_attribute(rest, 'r');
  const auto salt_text = take_attribute(rest, 's');
  const auto iterations_text = take_attribute(rest, 'i');
  if (!nonce || !salt_text || !iterations_text) return malformed();
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size() || !is_nonce(*nonce))
    return Error(Code::kDenied, "SCRAM nonce does not match");
  const auto salt = from_base64(*salt_text);
  int iterations = 0;
  const auto [end, error] = std::from_chars(
      iterations_text->data(), iterations_text->data() + iterations_text->size(), iterations);
  if (!salt || salt->empty() || error != std::errc() ||
      end != iterations_text->data() + iterations_text->size() || iterations < 1 ||
      iterations > kScramIterationsMax)
    return malformed();

  const std::string without_proof = "c=biws,r=" + std::string(*nonce);
  const std::string auth_message = "n=" + escape_name(user_) + ",r=" + nonce_ + "," +
                                   std::string(server_first) + "," + without_proof;
  const Hash salted = salted_password(password_, *salt, iterations);
  Hash proof = hmac_sha256(bytes_of(salted), "Client Key");
  mix(hmac_sha256(bytes_of(sha256(bytes_of(proof))), auth_message), proof);
  server_signature_ = to_base64(
      bytes_of(hmac_sha256(bytes_of(hmac_sha256(bytes_of(salted), "Server Key")), auth_message)));
  return without_proof + ",p=" + to_base64(bytes_of(proof));
}

Status ScramClient::on_server_final(std::string_view server_final) const {
  const auto given = take_attribute(server_final, 'v');
  if (server_signature_.empty() || !given || *given != server_signature_)
    return Error(Code::kDenied, "the server does not know the password");
  return {};
}

}  // namespace multiaz::wire
