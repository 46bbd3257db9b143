// Watches: which clients must be told when a key changes (WATCH).
#pragma once

#include <string_view>
#include <vector>

#include "cachenode/commands/client.h"
#include "cachenode/keyspace/dict.h"

namespace multiaz::cachenode {

class Watches {
 public:
  explicit Watches(uint64_t seed) : by_key_(seed) {}
  void add(Client& client, std::string_view key, bool expired);
  void remove(Client& client);  // removes every watch of this client
  // To be called when a key changed ("" for all keys).
  void touched(std::string_view key);

 private:
  Dict<std::vector<Client*>> by_key_;
};

}  // namespace multiaz::cachenode
