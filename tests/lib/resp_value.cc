#include "tests/lib/resp_value.h"

#include <bit>
#include <limits>

#include "base/wire/resp.h"
#include "base/wire/resp_number.h"

namespace multiaz::wire::resp {
namespace {

using Type = Value::Type;

// Which type byte means what, and how its payload is read.
enum class Shape { kLine, kBytes, kItems, kPairs };
struct TypeByte {
  char byte;
  Type type;
  Shape shape;
};
constexpr TypeByte kTypeBytes[] = {
    {'+', Type::kSimple, Shape::kLine},    {'-', Type::kError, Shape::kLine},
    {':', Type::kInteger, Shape::kLine},   {'_', Type::kNull, Shape::kLine},
    {',', Type::kDouble, Shape::kLine},    {'#', Type::kBoolean, Shape::kLine},
    {'(', Type::kBigNumber, Shape::kLine}, {'$', Type::kBulk, Shape::kBytes},
    {'=', Type::kVerbatim, Shape::kBytes}, {'!', Type::kBulkError, Shape::kBytes},
    {'*', Type::kArray, Shape::kItems},    {'~', Type::kSet, Shape::kItems},
    {'>', Type::kPush, Shape::kItems},     {'%', Type::kMap, Shape::kPairs},
};

class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  // False when the value is incomplete or error() is set.
  bool value(Value& out, int depth) {
    if (depth > kReplyDepthMax) return fail(Code::kLimit, "reply is nested too deeply");
    if (at_ >= in_.size()) return false;
    const char byte = in_[at_];
    const size_t lf = in_.find("\r\n", at_);
    if (lf == std::string_view::npos) return false;
    const auto line = in_.substr(at_ + 1, lf - at_ - 1);
    at_ = lf + 2;
    for (const auto& entry : kTypeBytes) {
      if (entry.byte != byte) continue;
      out.type = entry.type;
      return entry.shape == Shape::kLine ? line_value(line, out)
                                         : counted(line, entry.shape, out, depth);
    }
    return fail(Code::kInvalid, "unknown reply type");
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] size_t consumed() const { return at_; }

 private:
  bool fail(Code code, std::string_view why) {
    error_ = Error(code, std::string(why));
    return false;
  }

  bool line_value(std::string_view line, Value& out) {
    if (line.find_first_of("\r\n") != std::string_view::npos)
      return fail(Code::kInvalid, "stray line end");
    switch (out.type) {
      case Type::kInteger: {
        const auto number = parse_integer(line);
        if (!number) return fail(Code::kInvalid, "bad integer");
        out.integer = *number;
        return true;
      }
      case Type::kBoolean:
        if (line != "t" && line != "f") return fail(Code::kInvalid, "bad boolean");
        out.integer = line == "t" ? 1 : 0;
        return true;
      case Type::kDouble: return double_value(line, out);
      case Type::kNull: return line.empty() || fail(Code::kInvalid, "bad null");
      default: out.text = line; return true;
    }
  }

  bool double_value(std::string_view line, Value& out) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), out.number);
    if (error != std::errc() || end != line.data() + line.size())
      return fail(Code::kInvalid, "bad double");
    // One bit pattern for not-a-number, because there is one text for it.
    if (std::isnan(out.number)) out.number = std::numeric_limits<double>::quiet_NaN();
    return true;
  }

  bool counted(std::string_view line, Shape shape, Value& out, int depth) {
    const auto count = parse_integer(line);
    const bool may_be_null = out.type == Type::kBulk || out.type == Type::kArray;
    if (may_be_null && count == -1) {
      out.type = out.type == Type::kBulk ? Type::kNull : Type::kNullArray;
      return true;
    }
    if (!count || *count < 0) return fail(Code::kInvalid, "bad length");
    if (shape == Shape::kBytes) return bytes_value(static_cast<uint64_t>(*count), out);
    if (static_cast<uint64_t>(*count) > kReplyItemsMax)
      return fail(Code::kLimit, "reply has too many items");
    const size_t items = static_cast<size_t>(*count) * (shape == Shape::kPairs ? 2 : 1);
    total_items_ += items;
    if (total_items_ > kReplyItemsMax) return fail(Code::kLimit, "reply has too many items");
    for (size_t i = 0; i < items; ++i) {
      out.items.emplace_back();
      if (!value(out.items.back(), depth + 1)) return false;
    }
    return true;
  }

  bool bytes_value(uint64_t bytes, Value& out) {
    if (bytes > kBulkBytesMax) return fail(Code::kLimit, "bulk string is too long");
    if (in_.size() - at_ < bytes + 2) return false;
    if (in_.substr(at_ + bytes, 2) != "\r\n") return fail(Code::kInvalid, "bulk without end");
    out.text = in_.substr(at_, bytes);
    at_ += bytes + 2;
    return true;
  }

  std::string_view in_;
  size_t at_ = 0;
  size_t total_items_ = 0;
  std::optional<Error> error_;
};

void append_counted(char byte, std::string_view bytes, std::string& out) {
  out += byte + std::to_string(bytes.size()) + "\r\n";
  out += bytes;
  out += "\r\n";
}

}  // namespace

bool Value::operator==(const Value& other) const {
  return type == other.type && text == other.text && integer == other.integer &&
         std::bit_cast<uint64_t>(number) == std::bit_cast<uint64_t>(other.number) &&
         items == other.items;
}

const Value* Value::find(std::string_view key) const {
  for (size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].text == key) return &items[i + 1];
  return nullptr;
}

std::string Value::show() const {
  switch (type) {
    case Type::kNull:
    case Type::kNullArray: return "nil";
    case Type::kInteger: return std::to_string(integer);
    case Type::kBoolean: return integer != 0 ? "true" : "false";
    case Type::kDouble: return format_double(number);
    case Type::kSimple:
    case Type::kBigNumber: return text;
    case Type::kError:
    case Type::kBulkError: return "(error) " + text;
    case Type::kBulk:
    case Type::kVerbatim: return "\"" + text + "\"";
    case Type::kArray:
    case Type::kMap:
    case Type::kSet:
    case Type::kPush: break;
  }
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + item.show();
  return out + "]";
}

Result<std::optional<Reply>> decode_reply(std::string_view in) {
  Decoder decoder(in);
  Reply reply;
  if (!decoder.value(reply.value, 0)) {
    if (decoder.error()) return *decoder.error();
    return std::optional<Reply>();
  }
  reply.consumed = decoder.consumed();
  return std::optional(std::move(reply));
}

void encode_value(const Value& value, std::string& out) {
  ReplyWriter writer(out, 3);
  switch (value.type) {
    case Type::kNull: return writer.null();
    case Type::kNullArray: out += "*-1\r\n"; return;
    case Type::kSimple: return writer.simple(value.text);
    case Type::kError: return writer.error(value.text);
    case Type::kInteger: return writer.integer(value.integer);
    case Type::kDouble: return writer.number(value.number);
    case Type::kBoolean: return writer.boolean(value.integer != 0);
    case Type::kBigNumber: return writer.big_number(value.text);
    case Type::kBulk: return writer.bulk(value.text);
    case Type::kVerbatim: return append_counted('=', value.text, out);
    case Type::kBulkError: return append_counted('!', value.text, out);
    case Type::kArray: writer.array(value.items.size()); break;
    case Type::kSet: writer.set(value.items.size()); break;
    case Type::kPush: writer.push(value.items.size()); break;
    case Type::kMap: writer.map(value.items.size() / 2); break;
  }
  for (const auto& item : value.items) encode_value(item, out);
}

std::string encode_command(std::span<const std::string_view> args) {
  std::string out;
  ReplyWriter writer(out, 2);
  writer.array(args.size());
  for (const auto arg : args) writer.bulk(arg);
  return out;
}

std::string encode_command(std::initializer_list<std::string_view> args) {
  return encode_command(std::span<const std::string_view>(args.begin(), args.size()));
}

}  // namespace multiaz::wire::resp
