// PostgreSQL's protocol 3.0: what a server sends, appended to a string.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace multiaz::wire::pg {

struct ColumnDescription {
  std::string name;
  uint32_t table_oid = 0;
  int16_t column = 0;
  uint32_t type_oid = 25;   // the default is the type text
  int16_t type_bytes = -1;  // -1 for a variable length
  int32_t type_modifier = -1;
  int16_t format = 0;  // 0 text, 1 binary
};

// Fields of ErrorResponse and NoticeResponse. Empty ones are left out.
struct Report {
  std::string severity = "ERROR";  // ERROR FATAL PANIC; WARNING NOTICE INFO ...
  std::string code = "XX000";      // SQLSTATE
  std::string message;
  std::string detail, hint;
  int position = 0;  // counted in characters from 1; 0 for none
  std::string where, schema, table, column, constraint;
};

enum class Transaction : char { kIdle = 'I', kOpen = 'T', kFailed = 'E' };

// A NUL byte inside a text field would end it for the client, so a text is written only up to it.
class BackendWriter {
 public:
  explicit BackendWriter(std::string& out) : out_(out) {}

  void authentication_ok();
  void authentication_sasl(std::span<const std::string_view> mechanisms);
  void authentication_sasl_continue(std::string_view data);
  void authentication_sasl_final(std::string_view data);
  // Tells the newest minor version that is served and the options (_pq_.*) that are unknown.
  void negotiate_protocol_version(int32_t minor, std::span<const std::string_view> unknown);
  void parameter_status(std::string_view name, std::string_view value);
  void backend_key_data(int32_t pid, int32_t secret);
  void ready_for_query(Transaction status);

  void row_description(std::span<const ColumnDescription> columns);
  // Writes a row at once, or column by column (begin, column or null_column n times, end).
  void data_row(std::span<const std::optional<std::string_view>> values);
  void begin_data_row(size_t columns);  // REQUIRES: at most 65535
  void column(std::string_view bytes);
  void null_column();
  void end_data_row();
  void command_complete(std::string_view tag);  // "INSERT 0 1", "SELECT 5", "BEGIN"
  void empty_query_response();
  void error(const Report& report);
  void notice(const Report& report);

  void parse_complete();
  void bind_complete();
  void close_complete();
  void no_data();
  void portal_suspended();
  void parameter_description(std::span<const uint32_t> type_oids);

 private:
  // begin() writes the type and room for the length; end() fills the length in.
  void begin(char type);
  void end();
  void empty(char type);
  void fields(char type, const Report& report);

  std::string& out_;
  size_t length_at_ = 0;
};

}  // namespace multiaz::wire::pg
