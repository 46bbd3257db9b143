// The answer of the cache to one command.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace multiaz::clients {

struct Reply {
  enum class Kind { kNil, kStatus, kError, kInteger, kText, kArray };
  Kind kind = Kind::kNil;
  int64_t integer = 0;
  std::string text;  // of a status, error or text
  std::vector<Reply> items;

  [[nodiscard]] bool is_nil() const { return kind == Kind::kNil; }
  [[nodiscard]] bool is_error() const { return kind == Kind::kError; }
};

using Command = std::vector<std::string>;
using Commands = std::vector<Command>;
using Replies = std::vector<Reply>;

}  // namespace multiaz::clients
