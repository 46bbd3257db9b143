// Watches: which clients want to know that a key changed (WATCH).
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
  void remove(Client& client);  // every watch of this client
  // A key changed ("" = all keys).
  void touched(std::string_view key);

 private:
  Dict<std::vector<Client*>> by_key_;
};

}  // namespace multiaz::cachenode
