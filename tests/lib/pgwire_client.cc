#include "tests/lib/pgwire_client.h"

#include <variant>

#include "base/wire/bytes.h"

namespace multiaz::wire::pg {
namespace {

void put_text(std::string_view text, std::string& out) {
  out += text;
  out += '\0';
}

void put_formats(const std::vector<int16_t>& formats, std::string& out) {
  put_big(formats.size(), 2, out);
  for (const auto format : formats) put_big(static_cast<uint16_t>(format), 2, out);
}

// Writes a message's body and returns its type byte.
struct BodyWriter {
  std::string& out;
  char operator()(const Query& m) {
    put_text(m.sql, out);
    return 'Q';
  }
  char operator()(const Parse& m) {
    put_text(m.statement, out);
    put_text(m.sql, out);
    put_big(m.parameter_types.size(), 2, out);
    for (const auto oid : m.parameter_types) put_big(oid, 4, out);
    return 'P';
  }
  char operator()(const Bind& m) {
    put_text(m.portal, out);
    put_text(m.statement, out);
    put_formats(m.parameter_formats, out);
    put_big(m.parameters.size(), 2, out);
    for (const auto& value : m.parameters) {
      put_big(value ? value->size() : 0xffffffff, 4, out);
      if (value) out += *value;
    }
    put_formats(m.result_formats, out);
    return 'B';
  }
  char operator()(const Describe& m) {
    out += static_cast<char>(m.what);
    put_text(m.name, out);
    return 'D';
  }
  char operator()(const Close& m) {
    out += static_cast<char>(m.what);
    put_text(m.name, out);
    return 'C';
  }
  char operator()(const Execute& m) {
    put_text(m.portal, out);
    put_big(static_cast<uint32_t>(m.rows_max), 4, out);
    return 'E';
  }
  char operator()(const Sync&) { return 'S'; }
  char operator()(const Flush&) { return 'H'; }
  char operator()(const Terminate&) { return 'X'; }
  char operator()(const PasswordData& m) {
    out += m.body;
    return 'p';
  }
  char operator()(const CopyData& m) {
    out += m.bytes;
    return 'd';
  }
  char operator()(const CopyDone&) { return 'c'; }
  char operator()(const CopyFail& m) {
    put_text(m.reason, out);
    return 'f';
  }
};

struct StartupWriter {
  std::string& out;
  void operator()(const StartupMessage& m) {
    put_big(static_cast<uint32_t>(m.major) << 16 | static_cast<uint32_t>(m.minor), 4, out);
    if (m.major != 3) return;
    for (const auto& [name, value] : m.params) {
      put_text(name, out);
      put_text(value, out);
    }
    out += '\0';
  }
  void operator()(const SslRequest&) { put_big(80877103, 4, out); }
  void operator()(const GssEncRequest&) { put_big(80877104, 4, out); }
  void operator()(const CancelRequest& m) {
    put_big(80877102, 4, out);
    put_big(static_cast<uint32_t>(m.pid), 4, out);
    put_big(static_cast<uint32_t>(m.secret), 4, out);
  }
};

Error malformed() {
  return Error(Code::kInvalid, "malformed message of the server");
}

}  // namespace

void encode_startup(const StartupPacket& packet, std::string& out) {
  const size_t start = out.size();
  out.append(4, '\0');
  std::visit(StartupWriter{out}, packet);
  set_big(out.size() - start, 4, start, out);
}

void encode_frontend(const FrontendMessage& message, std::string& out) {
  const size_t start = out.size();
  out.append(5, '\0');
  out[start] = std::visit(BodyWriter{out}, message);
  set_big(out.size() - start - 1, 4, start + 1, out);
}

PasswordData make_password(std::string_view password) {
  PasswordData data;
  put_text(password, data.body);
  return data;
}

PasswordData make_sasl_initial(std::string_view mechanism, std::string_view response) {
  PasswordData data;
  put_text(mechanism, data.body);
  put_big(response.size(), 4, data.body);
  data.body += response;
  return data;
}

Result<std::optional<BackendMessage>> decode_backend(std::string_view in, size_t bytes_max) {
  if (in.size() < 5) return std::optional<BackendMessage>();
  const size_t bytes = get_big(in, 1, 4);
  if (bytes < 4 || bytes > bytes_max) return Error(Code::kLimit, "invalid message length");
  if (in.size() < bytes + 1) return std::optional<BackendMessage>();
  return std::optional(BackendMessage{in[0], in.substr(5, bytes - 4), bytes + 1});
}

Result<std::map<char, std::string>> read_report(std::string_view body) {
  ByteReader in(body);
  std::map<char, std::string> out;
  for (char letter = static_cast<char>(in.u8()); letter != '\0' && in.ok();
       letter = static_cast<char>(in.u8()))
    out[letter] = in.c_string();
  if (!in.done()) return malformed();
  return out;
}

Result<std::vector<std::optional<std::string>>> read_data_row(std::string_view body) {
  ByteReader in(body);
  std::vector<std::optional<std::string>> out;
  const size_t columns = in.u16();
  for (size_t i = 0; i < columns && in.ok(); ++i) {
    const int32_t bytes = in.i32();
    if (bytes < -1) in.fail();
    if (bytes < 0) {
      out.emplace_back();
    } else {
      out.emplace_back(in.take(static_cast<size_t>(bytes)));
    }
  }
  if (!in.done()) return malformed();
  return out;
}

Result<std::vector<std::pair<std::string, uint32_t>>> read_row_description(std::string_view body) {
  ByteReader in(body);
  std::vector<std::pair<std::string, uint32_t>> out;
  const size_t columns = in.u16();
  for (size_t i = 0; i < columns && in.ok(); ++i) {
    std::string name(in.c_string());
    in.take(6);  // table and column
    out.emplace_back(std::move(name), in.u32());
    in.take(8);  // size, modifier, format
  }
  if (!in.done()) return malformed();
  return out;
}

}  // namespace multiaz::wire::pg
