#include "base/wire/pgwire_backend.h"

#include "base/core/check.h"
#include "base/wire/bytes.h"

namespace multiaz::wire::pg {
namespace {

constexpr size_t kColumnsMax = 65535;

void put_text(std::string_view text, std::string& out) {
  out += text.substr(0, text.find('\0'));
  out += '\0';
}

void put_field(char letter, std::string_view text, std::string& out) {
  if (text.empty()) return;
  out += letter;
  put_text(text, out);
}

}  // namespace

void BackendWriter::begin(char type) {
  out_ += type;
  length_at_ = out_.size();
  out_.append(4, '\0');
}

void BackendWriter::end() {
  const size_t bytes = out_.size() - length_at_;
  CHECK(bytes <= 0x7fffffff);
  set_big(bytes, 4, length_at_, out_);
}

void BackendWriter::empty(char type) {
  begin(type);
  end();
}

void BackendWriter::authentication_ok() {
  begin('R');
  put_big(0, 4, out_);
  end();
}

void BackendWriter::authentication_sasl(std::span<const std::string_view> mechanisms) {
  begin('R');
  put_big(10, 4, out_);
  for (const auto mechanism : mechanisms) put_text(mechanism, out_);
  out_ += '\0';
  end();
}

void BackendWriter::authentication_sasl_continue(std::string_view data) {
  begin('R');
  put_big(11, 4, out_);
  out_ += data;
  end();
}

void BackendWriter::authentication_sasl_final(std::string_view data) {
  begin('R');
  put_big(12, 4, out_);
  out_ += data;
  end();
}

void BackendWriter::negotiate_protocol_version(int32_t minor,
                                               std::span<const std::string_view> unknown) {
  begin('v');
  put_big(static_cast<uint32_t>(minor), 4, out_);
  put_big(unknown.size(), 4, out_);
  for (const auto option : unknown) put_text(option, out_);
  end();
}

void BackendWriter::parameter_status(std::string_view name, std::string_view value) {
  begin('S');
  put_text(name, out_);
  put_text(value, out_);
  end();
}

void BackendWriter::backend_key_data(int32_t pid, int32_t secret) {
  begin('K');
  put_big(static_cast<uint32_t>(pid), 4, out_);
  put_big(static_cast<uint32_t>(secret), 4, out_);
  end();
}

void BackendWriter::ready_for_query(Transaction status) {
  begin('Z');
  out_ += static_cast<char>(status);
  end();
}

void BackendWriter::row_description(std::span<const ColumnDescription> columns) {
  CHECK(columns.size() <= kColumnsMax);
  begin('T');
  put_big(columns.size(), 2, out_);
  for (const auto& column : columns) {
    put_text(column.name, out_);
    put_big(column.table_oid, 4, out_);
    put_big(static_cast<uint16_t>(column.column), 2, out_);
    put_big(column.type_oid, 4, out_);
    put_big(static_cast<uint16_t>(column.type_bytes), 2, out_);
    put_big(static_cast<uint32_t>(column.type_modifier), 4, out_);
    put_big(static_cast<uint16_t>(column.format), 2, out_);
  }
  end();
}

void BackendWriter::begin_data_row(size_t columns) {
  CHECK(columns <= kColumnsMax);
  begin('D');
  put_big(columns, 2, out_);
}

void BackendWriter::column(std::string_view bytes) {
  put_big(bytes.size(), 4, out_);
  out_ += bytes;
}

void BackendWriter::null_column() {
  put_big(0xffffffff, 4, out_);
}
void BackendWriter::end_data_row() {
  end();
}

void BackendWriter::data_row(std::span<const std::optional<std::string_view>> values) {
  begin_data_row(values.size());
  for (const auto& value : values) {
    if (value) {
      column(*value);
    } else {
      null_column();
    }
  }
  end_data_row();
}

void BackendWriter::command_complete(std::string_view tag) {
  begin('C');
  put_text(tag, out_);
  end();
}

void BackendWriter::fields(char type, const Report& report) {
  begin(type);
  put_field('S', report.severity, out_);
  put_field('V', report.severity, out_);
  put_field('C', report.code, out_);
  put_field('M', report.message.empty() ? report.code : report.message, out_);
  put_field('D', report.detail, out_);
  put_field('H', report.hint, out_);
  if (report.position > 0) put_field('P', std::to_string(report.position), out_);
  put_field('W', report.where, out_);
  put_field('s', report.schema, out_);
  put_field('t', report.table, out_);
  put_field('c', report.column, out_);
  put_field('n', report.constraint, out_);
  out_ += '\0';
  end();
}

void BackendWriter::error(const Report& report) {
  fields('E', report);
}
void BackendWriter::notice(const Report& report) {
  fields('N', report);
}
void BackendWriter::empty_query_response() {
  empty('I');
}
void BackendWriter::parse_complete() {
  empty('1');
}
void BackendWriter::bind_complete() {
  empty('2');
}
void BackendWriter::close_complete() {
  empty('3');
}
void BackendWriter::no_data() {
  empty('n');
}
void BackendWriter::portal_suspended() {
  empty('s');
}

void BackendWriter::parameter_description(std::span<const uint32_t> type_oids) {
  CHECK(type_oids.size() <= kColumnsMax);
  begin('t');
  put_big(type_oids.size(), 2, out_);
  for (const auto oid : type_oids) put_big(oid, 4, out_);
  end();
}

}  // namespace multiaz::wire::pg
