#include "base/wire/pgwire.h"

#include "base/wire/bytes.h"

namespace multiaz::wire::pg {
namespace {

constexpr uint32_t kSslRequestCode = 80877103;
constexpr uint32_t kGssEncRequestCode = 80877104;
constexpr uint32_t kCancelRequestCode = 80877102;

// Reads a 16-bit count of items of at least `item_bytes` each. A count that cannot be true fails at
// once instead of starting a long loop.
size_t count16(ByteReader& in, size_t item_bytes) {
  const size_t count = in.u16();
  if (count * item_bytes > in.left()) in.fail();
  return in.ok() ? count : 0;
}

Query read_query(ByteReader& in) {
  return Query{std::string(in.c_string())};
}

Parse read_parse(ByteReader& in) {
  Parse out;
  out.statement = in.c_string();
  out.sql = in.c_string();
  const size_t types = count16(in, 4);
  for (size_t i = 0; i < types; ++i) out.parameter_types.push_back(in.u32());
  return out;
}

std::vector<int16_t> read_formats(ByteReader& in) {
  std::vector<int16_t> out;
  const size_t count = count16(in, 2);
  for (size_t i = 0; i < count; ++i) {
    out.push_back(in.i16());
    if (out.back() != 0 && out.back() != 1) in.fail();
  }
  return out;
}

Bind read_bind(ByteReader& in) {
  Bind out;
  out.portal = in.c_string();
  out.statement = in.c_string();
  out.parameter_formats = read_formats(in);
  const size_t parameters = count16(in, 4);
  const size_t formats = out.parameter_formats.size();
  if (formats > 1 && formats != parameters) in.fail();
  for (size_t i = 0; i < parameters && in.ok(); ++i) {
    const int32_t bytes = in.i32();
    if (bytes == -1) {
      out.parameters.emplace_back();
    } else if (bytes < 0) {
      in.fail();
    } else {
      out.parameters.emplace_back(in.take(static_cast<size_t>(bytes)));
    }
  }
  out.result_formats = read_formats(in);
  return out;
}

What read_what(ByteReader& in) {
  const auto what = static_cast<What>(in.u8());
  if (what != What::kStatement && what != What::kPortal) in.fail();
  return what;
}

Describe read_describe(ByteReader& in) {
  const What what = read_what(in);
  return Describe{what, std::string(in.c_string())};
}

Close read_close(ByteReader& in) {
  const What what = read_what(in);
  return Close{what, std::string(in.c_string())};
}

Execute read_execute(ByteReader& in) {
  Execute out;
  out.portal = in.c_string();
  out.rows_max = in.i32();
  return out;
}

// nullopt when there is no such type.
std::optional<FrontendMessage> read_body(char type, ByteReader& in) {
  switch (type) {
    case 'Q': return read_query(in);
    case 'P': return read_parse(in);
    case 'B': return read_bind(in);
    case 'D': return read_describe(in);
    case 'E': return read_execute(in);
    case 'C': return read_close(in);
    case 'S': return Sync{};
    case 'H': return Flush{};
    case 'X': return Terminate{};
    case 'p': return PasswordData{std::string(in.take_rest())};
    case 'd': return CopyData{std::string(in.take_rest())};
    case 'c': return CopyDone{};
    case 'f': return CopyFail{std::string(in.c_string())};
    default: return std::nullopt;
  }
}

Result<StartupPacket> read_startup(ByteReader& in) {
  const uint32_t code = in.u32();
  const auto malformed = [] { return Error(Code::kInvalid, "invalid startup packet layout"); };
  if (code == kSslRequestCode || code == kGssEncRequestCode) {
    if (!in.done()) return malformed();
    if (code == kSslRequestCode) return StartupPacket(SslRequest{});
    return StartupPacket(GssEncRequest{});
  }
  if (code == kCancelRequestCode) {
    CancelRequest cancel;
    cancel.pid = in.i32();
    cancel.secret = in.i32();
    if (!in.done()) return malformed();
    return StartupPacket(cancel);
  }
  StartupMessage message;
  message.major = static_cast<int>(code >> 16);
  message.minor = static_cast<int>(code & 0xffff);
  if (message.major != 3) return StartupPacket(std::move(message));
  for (;;) {
    const auto name = in.c_string();
    if (!in.ok()) return malformed();
    if (name.empty()) break;
    const auto value = in.c_string();
    message.params.emplace_back(name, value);
  }
  if (!in.done()) return malformed();
  return StartupPacket(std::move(message));
}

}  // namespace

std::optional<std::string_view> StartupMessage::find(std::string_view name) const {
  for (const auto& [key, value] : params)
    if (key == name) return value;
  return std::nullopt;
}

int16_t Bind::parameter_format(size_t i) const {
  if (parameter_formats.empty()) return 0;
  return parameter_formats[parameter_formats.size() == 1 ? 0 : i];
}

Result<std::optional<Startup>> decode_startup(std::string_view in) {
  if (in.size() < 4) return std::optional<Startup>();
  const size_t bytes = get_big(in, 0, 4);
  if (bytes < 8 || bytes > kStartupBytesMax)
    return Error(Code::kInvalid, "invalid length of startup packet");
  if (in.size() < bytes) return std::optional<Startup>();
  ByteReader reader(in.substr(4, bytes - 4));
  auto packet = read_startup(reader);
  if (!packet) return packet.error();
  return std::optional(Startup{std::move(*packet), bytes});
}

Result<std::optional<Incoming>> decode_frontend(std::string_view in, size_t bytes_max) {
  constexpr size_t kHeaderBytes = 5;
  if (in.size() < kHeaderBytes) return std::optional<Incoming>();
  const size_t bytes = get_big(in, 1, 4);
  if (bytes < 4 || bytes > bytes_max) return Error(Code::kLimit, "invalid message length");
  if (in.size() < bytes + 1) return std::optional<Incoming>();
  ByteReader reader(in.substr(kHeaderBytes, bytes - 4));
  auto message = read_body(in[0], reader);
  if (!message)
    return Error(Code::kInvalid, "invalid frontend message type " +
                                     std::to_string(static_cast<unsigned char>(in[0])));
  if (!reader.done()) return Error(Code::kInvalid, "invalid message format");
  return std::optional(Incoming{std::move(*message), bytes + 1});
}

Result<SaslInitialResponse> read_sasl_initial(const PasswordData& data) {
  ByteReader in(data.body);
  SaslInitialResponse out;
  out.mechanism = in.c_string();
  const int32_t bytes = in.i32();
  if (bytes < -1) in.fail();
  if (bytes >= 0) out.response = std::string(in.take(static_cast<size_t>(bytes)));
  if (!in.done()) return Error(Code::kInvalid, "malformed SASLInitialResponse");
  return out;
}

}  // namespace multiaz::wire::pg
