// RESP: commands decode to the same however they are cut, and also after they were sent again;
// replies decode, encode and decode to the same value.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "base/core/check.h"
#include "base/wire/resp.h"
#include "tests/lib/resp_value.h"

using namespace multiaz::wire::resp;

namespace {

constexpr Limits kSmall{64, 4096, 8192};

void check_sent_again(const Command& command) {
  if (command.args.empty()) return;
  const auto bytes = encode_command(command.args);
  CommandDecoder decoder;
  const auto decoded = decoder.decode(bytes);
  const auto* again = std::get_if<Command>(&decoded);
  CHECK(again != nullptr && again->consumed == bytes.size());
  CHECK(
      std::equal(again->args.begin(), again->args.end(), command.args.begin(), command.args.end()));
}

std::string commands(std::string_view bytes, size_t step) {
  CommandDecoder decoder(kSmall);
  std::string seen;
  std::string buffer;
  for (size_t fed = 0; fed < bytes.size(); fed += step) {
    buffer += bytes.substr(fed, step);
    for (;;) {
      const auto decoded = decoder.decode(buffer);
      if (const auto* error = std::get_if<ProtocolError>(&decoded)) return seen + error->text;
      const auto* command = std::get_if<Command>(&decoded);
      if (command == nullptr) break;
      CHECK(command->consumed > 0 && command->consumed <= buffer.size());
      check_sent_again(*command);
      for (const auto arg : command->args) seen += "[" + std::string(arg) + "]";
      seen += ";";
      buffer.erase(0, command->consumed);
    }
  }
  return seen;
}

void check_reply(std::string_view bytes) {
  auto reply = decode_reply(bytes);
  if (!reply || !*reply) return;
  CHECK((*reply)->consumed <= bytes.size());
  std::string again;
  encode_value((*reply)->value, again);
  auto back = decode_reply(again);
  CHECK_NOTE(back.ok() && back->has_value(), again);
  CHECK_NOTE((*back)->value == (*reply)->value && (*back)->consumed == again.size(), again);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CHECK(commands(bytes, bytes.size()) == commands(bytes, 1 + data[0]));
  check_reply(bytes);
  return 0;
}
