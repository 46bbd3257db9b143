// The command table: every command of this server in one place (table.cc), and a fast way to find
// one by name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace multiaz::cachenode {

struct Call;

enum CommandFlag : uint32_t {
  kWrite = 1,     // may change data: only on a serving primary
  kReadOnly = 2,  // reads data
  kDenyOom = 4,   // may need more memory
  kFast = 8,
  kAdmin = 16,
  kNoAuth = 32,      // allowed before authentication
  kAllKeys = 64,     // depends on the keyspace as a whole
  kNotQueued = 128,  // runs at once inside MULTI
};

struct Command {
  std::string_view name;  // lower case
  int arity;              // counted with the name; a negative one is a minimum
  uint32_t flags;
  // argument positions as COMMAND reports them; 0 when there are no keys
  int first_key, last_key, key_step;
  void (*run)(Call& call);
  std::string_view group;
  std::string_view summary;
  bool is(uint32_t flag) const { return (flags & flag) != 0; }
};

std::span<const Command> command_table();

// Finds commands by name in any case.
class CommandIndex {
 public:
  CommandIndex();
  const Command* find(std::string_view name) const;  // null when unknown

 private:
  std::vector<const Command*> slots_;  // open addressing, a power of two
};

// Calls visit(key) for each key among the arguments. REQUIRES: the arity fits.
template <typename Visit>
void for_each_key(const Command& command, std::span<const std::string_view> args, Visit&& visit) {
  if (command.first_key == 0) return;
  const int count = static_cast<int>(args.size());
  const int last = command.last_key < 0 ? count + command.last_key : command.last_key;
  for (int at = command.first_key; at <= last && at < count; at += command.key_step) {
    visit(args[static_cast<size_t>(at)]);
  }
}

}  // namespace multiaz::cachenode
