#include "dbnode/functions_format.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "dbnode/store/connection.h"

namespace multiaz::dbnode {
namespace {

constexpr std::string_view kFlags = "-+ #!0,";
constexpr int64_t kAmountMax = store::kValueBytesMax;  // largest width and largest precision

// One conversion such as "%-10.3f": its own text, with numbers from arguments put in their places.
struct Conversion {
  std::string flags;
  int64_t width = 0, precision = -1;  // -1 when none is given
  char type = 0;

  [[nodiscard]] std::string with(std::string_view ending) const {
    std::string out = "%" + flags;
    if (width > 0) out += std::to_string(width);
    if (precision >= 0) out += "." + std::to_string(precision);
    return out.append(ending);
  }
};

// Parses a format and writes its conversions, argument by argument.
class Writer {
 public:
  Writer(sqlite3_context* call, int count, sqlite3_value** arguments)
      : out_(sqlite3_str_new(sqlite3_context_db_handle(call))),
        next_(arguments + 1),
        end_(arguments + count) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { sqlite3_free(sqlite3_str_finish(out_)); }

  // False when the result is larger than one value may be.
  bool write(std::string_view format) {
    while (!format.empty()) {
      const size_t plain = std::min(format.find('%'), format.size());
      sqlite3_str_append(out_, format.data(), static_cast<int>(plain));
      format.remove_prefix(plain);
      if (format.empty()) break;
      format.remove_prefix(1);
      if (format.empty()) {
        sqlite3_str_append(out_, "%", 1);
        break;
      }
      Conversion one = take(format);
      if (one.width > kAmountMax || one.precision > kAmountMax) return false;
      if (!put(one)) break;  // SQLite, too, ends at an unknown conversion
    }
    return sqlite3_str_errcode(out_) != SQLITE_TOOBIG;
  }

  void give(sqlite3_context* call) {
    if (sqlite3_str_errcode(out_) == SQLITE_NOMEM) return sqlite3_result_error_nomem(call);
    const int size = sqlite3_str_length(out_);
    const char* text = sqlite3_str_value(out_);
    sqlite3_result_text(call, text ? text : "", size, SQLITE_TRANSIENT);
  }

 private:
  sqlite3_value* argument() { return next_ < end_ ? *next_++ : nullptr; }
  int64_t whole() {
    sqlite3_value* value = argument();
    return value ? sqlite3_value_int64(value) : 0;
  }
  const char* text() {
    sqlite3_value* value = argument();
    return value ? reinterpret_cast<const char*>(sqlite3_value_text(value)) : nullptr;
  }

  int64_t amount(std::string_view& format) {
    int64_t out = 0;
    while (!format.empty() && format[0] >= '0' && format[0] <= '9') {
      out = std::min(out * 10 + (format[0] - '0'), kAmountMax + 1);
      format.remove_prefix(1);
    }
    return out;
  }

  // SQLite reads a width or precision from an argument as 32 bits.
  int64_t amount_of_argument(std::string_view& format) {
    format.remove_prefix(1);
    return static_cast<int32_t>(whole());
  }

  Conversion take(std::string_view& format) {
    Conversion out;
    while (!format.empty() && kFlags.find(format[0]) != std::string_view::npos) {
      out.flags += format[0];
      format.remove_prefix(1);
    }
    if (!format.empty() && format[0] == '*') {
      out.width = amount_of_argument(format);
      if (out.width < 0) {
        out.flags += '-';
        out.width = -out.width;
      }
    } else {
      out.width = amount(format);
    }
    if (!format.empty() && format[0] == '.') {
      format.remove_prefix(1);
      const bool given = !format.empty() && format[0] == '*';
      out.precision = given ? amount_of_argument(format) : amount(format);
      if (out.precision < 0) out.precision = out.precision == INT32_MIN ? -1 : -out.precision;
    }
    while (!format.empty() && format[0] == 'l') format.remove_prefix(1);
    out.type = format.empty() ? '\0' : format[0];
    if (!format.empty()) format.remove_prefix(1);
    return out;
  }

  bool put(const Conversion& one) {
    switch (one.type) {
      case '%': sqlite3_str_appendf(out_, one.with("%").c_str()); return true;
      case 'n': return true;
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
      case 'p':
        sqlite3_str_appendf(out_, one.with(std::string("ll") + one.type).c_str(),
                            static_cast<sqlite3_int64>(whole()));
        return true;
      case 'f':
      case 'e':
      case 'E':
      case 'g':
      case 'G': {
        sqlite3_value* value = argument();
        sqlite3_str_appendf(out_, one.with(std::string(1, one.type)).c_str(),
                            value ? sqlite3_value_double(value) : 0.0);
        return true;
      }
      case 's':
      case 'z': sqlite3_str_appendf(out_, one.with("s").c_str(), text()); return true;
      case 'q':
      case 'Q':
      case 'w':
        sqlite3_str_appendf(out_, one.with(std::string(1, one.type)).c_str(), text());
        return true;
      case 'c': put_character(one); return true;
      default: return false;
    }
  }

  // Writes the first character, repeated by the precision, in a field of `width`.
  void put_character(const Conversion& one) {
    const char* from = text();
    std::string character(1, from ? from[0] : '\0');
    if (from && static_cast<uint8_t>(from[0]) >= 0xc0) {
      for (size_t i = 1; i < 4 && (from[i] & 0xc0) == 0x80; i++) character += from[i];
    }
    const int64_t times = std::max<int64_t>(one.precision, 1);
    const auto blanks = static_cast<int>(std::max<int64_t>(one.width - times, 0));
    const bool left = one.flags.find('-') != std::string::npos;
    if (!left) sqlite3_str_appendchar(out_, blanks, ' ');
    for (int64_t i = 0; i < times && sqlite3_str_errcode(out_) == SQLITE_OK; i++) {
      sqlite3_str_append(out_, character.data(), static_cast<int>(character.size()));
    }
    if (left) sqlite3_str_appendchar(out_, blanks, ' ');
  }

  sqlite3_str* out_;
  sqlite3_value** next_;
  sqlite3_value** end_;
};

void sql_format(sqlite3_context* call, int count, sqlite3_value** arguments) {
  if (count < 1) return;
  const auto* format = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  if (!format) return;
  Writer writer(call, count, arguments);
  if (!writer.write(format)) return sqlite3_result_error_toobig(call);
  writer.give(call);
}

}  // namespace

Status add_format_functions(sqlite3* db) {
  constexpr int kFlagsOfBoth = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const char* name : {"printf", "format"}) {
    const int rc = sqlite3_create_function_v2(db, name, -1, kFlagsOfBoth, nullptr, sql_format,
                                              nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return Error(Code::kInternal, sqlite3_errstr(rc));
  }
  return {};
}

}  // namespace multiaz::dbnode
