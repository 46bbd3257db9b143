// PostgreSQL's protocol 3.0 from the client's side: for tests, fuzzing and tools. webnode uses
// libpq.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"
#include "base/wire/pgwire.h"

namespace multiaz::wire::pg {

// The exact opposites of decode_startup and decode_frontend.
void encode_startup(const StartupPacket& packet, std::string& out);
void encode_frontend(const FrontendMessage& message, std::string& out);
PasswordData make_password(std::string_view password);
PasswordData make_sasl_initial(std::string_view mechanism, std::string_view response);

// A server's message, not decoded: type and body (without the length).
struct BackendMessage {
  char type = 0;
  std::string_view body;  // a view into the decoded buffer
  size_t consumed = 0;
};
Result<std::optional<BackendMessage>> decode_backend(std::string_view in,
                                                     size_t bytes_max = kMessageBytesMax);

// The fields of 'E' and 'N': letter to text ('S' severity, 'C' SQLSTATE, 'M' message, ...).
Result<std::map<char, std::string>> read_report(std::string_view body);
// The values of a row ('D'); nullopt stands for NULL.
Result<std::vector<std::optional<std::string>>> read_data_row(std::string_view body);
// Names and type oids of the columns ('T').
Result<std::vector<std::pair<std::string, uint32_t>>> read_row_description(std::string_view body);

}  // namespace multiaz::wire::pg
