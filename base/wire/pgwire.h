// PostgreSQL's frontend/backend protocol 3.0: what a client sends, as values.
// What the server answers: pgwire_backend.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/core/result.h"

namespace multiaz::wire::pg {

constexpr size_t kStartupBytesMax = 10000;  // PostgreSQL's own bound
constexpr size_t kMessageBytesMax = 64 * 1024 * 1024;
constexpr size_t kUnauthenticatedBytesMax = 64 * 1024;  // bound on a message before authentication

// --- the first packet of a connection has no type byte
struct StartupMessage {
  int major = 3;
  int minor = 0;
  std::vector<std::pair<std::string, std::string>> params;  // empty unless major is 3
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
};
struct SslRequest {};     // answered with the byte 'N'; another startup packet follows
struct GssEncRequest {};  // answered like SslRequest
struct CancelRequest {
  int32_t pid = 0;
  int32_t secret = 0;
};
using StartupPacket = std::variant<StartupMessage, SslRequest, GssEncRequest, CancelRequest>;
struct Startup {
  StartupPacket packet;
  size_t consumed = 0;
};
// nullopt when more bytes are needed. kInvalid: the caller closes without an answer, as PostgreSQL
// does.
Result<std::optional<Startup>> decode_startup(std::string_view in);

// --- afterwards every message has a type byte
struct Query {
  std::string sql;
};
struct Parse {
  std::string statement, sql;
  std::vector<uint32_t> parameter_types;  // 0 = unspecified
};
struct Bind {
  std::string portal, statement;
  // 0 text, 1 binary; an empty list means all text, a list of one is for all
  std::vector<int16_t> parameter_formats;
  std::vector<std::optional<std::string>> parameters;  // nullopt stands for NULL
  std::vector<int16_t> result_formats;
  // The format of parameter i under the rule above; decode has checked the counts and codes.
  [[nodiscard]] int16_t parameter_format(size_t i) const;
};
enum class What : char { kStatement = 'S', kPortal = 'P' };
struct Describe {
  What what = What::kStatement;
  std::string name;
};
struct Close {
  What what = What::kStatement;
  std::string name;
};
struct Execute {
  std::string portal;
  int32_t rows_max = 0;  // 0 and below mean no limit
};
struct Sync {};
struct Flush {};
struct Terminate {};
// 'p' carries three kinds of message; only the state of the session tells which (see below).
struct PasswordData {
  std::string body;
};
struct CopyData {
  std::string bytes;
};
struct CopyDone {};
struct CopyFail {
  std::string reason;
};
using FrontendMessage = std::variant<Query, Parse, Bind, Describe, Execute, Close, Sync, Flush,
                                     Terminate, PasswordData, CopyData, CopyDone, CopyFail>;
struct Incoming {
  FrontendMessage message;
  size_t consumed = 0;
};
// nullopt when more bytes are needed. Errors are protocol violations (08P01) in PostgreSQL's words.
// kLimit: the length exceeds bytes_max or is below 4, so the stream cannot go on and is closed.
// kInvalid: the body is malformed or the type unknown; PostgreSQL closes as well.
Result<std::optional<Incoming>> decode_frontend(std::string_view in,
                                                size_t bytes_max = kMessageBytesMax);

// What PasswordData holds when SCRAM begins; after that it is its body.
struct SaslInitialResponse {
  std::string mechanism;
  std::optional<std::string> response;
};
Result<SaslInitialResponse> read_sasl_initial(const PasswordData& data);

}  // namespace multiaz::wire::pg
