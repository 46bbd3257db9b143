#include "cachenode/commands/watches.h"

#include <algorithm>

namespace multiaz::cachenode {

void Watches::add(Client& client, std::string_view key, bool expired) {
  std::vector<Client*>& watchers = by_key_.find_or_add(key).value;
  if (std::find(watchers.begin(), watchers.end(), &client) != watchers.end()) return;
  watchers.push_back(&client);
  WatchedKey watched;
  watched.key = std::string(key);
  watched.was_expired = expired;
  client.watched.push_back(std::move(watched));
}

void Watches::remove(Client& client) {
  for (const WatchedKey& watched : client.watched) {
    auto* node = by_key_.find(watched.key);
    if (!node) continue;
    std::erase(node->value, &client);
    if (node->value.empty()) by_key_.take(watched.key);
  }
  client.watched.clear();
  client.watch_broken = false;
}

void Watches::touched(std::string_view key) {
  if (by_key_.empty()) return;
  const auto mark = [](const auto& node) {
    for (Client* client : node.value) client->watch_broken = true;
  };
  if (key.empty()) {
    by_key_.for_each(mark);
  } else if (const auto* node = by_key_.find(key)) {
    mark(*node);
  }
}

}  // namespace multiaz::cachenode
