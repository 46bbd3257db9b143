#include "cachenode/commands/table.h"

#include <algorithm>

#include "base/core/check.h"
#include "cachenode/commands/families.h"

namespace multiaz::cachenode {

namespace {

// The columns are name, arity, flags, keys (first, last, step), function, group, summary.
constexpr Command kCommands[] = {
    // Functions in strings.cc and counters.cc.
    {"get", 2, kReadOnly | kFast, 1, 1, 1, cmd_get, "string", "Get the value of a key"},
    {"set", -3, kWrite | kDenyOom, 1, 1, 1, cmd_set, "string", "Set the string value of a key"},
    {"setnx", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_setnx, "string",
     "Set the value of a key, only if the key does not exist"},
    {"setex", 4, kWrite | kDenyOom, 1, 1, 1, cmd_setex, "string",
     "Set the value and expiration of a key"},
    {"psetex", 4, kWrite | kDenyOom, 1, 1, 1, cmd_psetex, "string",
     "Set the value and expiration in milliseconds of a key"},
    {"getset", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_getset, "string",
     "Set the value of a key and return its old value"},
    {"getdel", 2, kWrite | kFast, 1, 1, 1, cmd_getdel, "string",
     "Get the value of a key and delete the key"},
    {"getex", -2, kWrite | kFast, 1, 1, 1, cmd_getex, "string",
     "Get the value of a key and optionally set its expiration"},
    {"mget", -2, kReadOnly | kFast, 1, -1, 1, cmd_mget, "string",
     "Get the values of all the given keys"},
    {"mset", -3, kWrite | kDenyOom, 1, -1, 2, cmd_mset, "string",
     "Set multiple keys to multiple values"},
    {"msetnx", -3, kWrite | kDenyOom, 1, -1, 2, cmd_msetnx, "string",
     "Set multiple keys, only if none of the keys exist"},
    {"append", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_append, "string",
     "Append a value to a key"},
    {"strlen", 2, kReadOnly | kFast, 1, 1, 1, cmd_strlen, "string",
     "Get the length of the value stored in a key"},
    {"getrange", 4, kReadOnly, 1, 1, 1, cmd_getrange, "string",
     "Get a substring of the string stored at a key"},
    {"setrange", 4, kWrite | kDenyOom, 1, 1, 1, cmd_setrange, "string",
     "Overwrite part of a string from an offset on"},
    {"incr", 2, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_incr, "string",
     "Increment the integer value of a key by one"},
    {"decr", 2, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_decr, "string",
     "Decrement the integer value of a key by one"},
    {"incrby", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_incrby, "string",
     "Increment the integer value of a key"},
    {"decrby", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_decrby, "string",
     "Decrement the integer value of a key"},
    {"incrbyfloat", 3, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_incrbyfloat, "string",
     "Increment the float value of a key"},
    // Functions in generic.cc, expiry.cc and scan.cc.
    {"del", -2, kWrite, 1, -1, 1, cmd_del, "generic", "Delete keys"},
    {"unlink", -2, kWrite | kFast, 1, -1, 1, cmd_del, "generic", "Delete keys"},
    {"exists", -2, kReadOnly | kFast, 1, -1, 1, cmd_exists, "generic",
     "Determine how many of the keys exist"},
    {"touch", -2, kReadOnly | kFast, 1, -1, 1, cmd_exists, "generic", "Count the keys that exist"},
    {"type", 2, kReadOnly | kFast, 1, 1, 1, cmd_type, "generic",
     "Determine the type stored at a key"},
    {"rename", 3, kWrite, 1, 2, 1, cmd_rename, "generic", "Rename a key"},
    {"renamenx", 3, kWrite | kFast, 1, 2, 1, cmd_renamenx, "generic",
     "Rename a key, only if the new key does not exist"},
    {"randomkey", 1, kReadOnly | kAllKeys, 0, 0, 0, cmd_randomkey, "generic",
     "Return a random key"},
    {"keys", 2, kReadOnly | kAllKeys, 0, 0, 0, cmd_keys, "generic",
     "Find all keys matching a pattern"},
    {"scan", -2, kReadOnly | kAllKeys, 0, 0, 0, cmd_scan, "generic",
     "Incrementally iterate the keys"},
    {"dbsize", 1, kReadOnly | kFast | kAllKeys, 0, 0, 0, cmd_dbsize, "server",
     "Return the number of keys"},
    // Functions in generic.cc, info.cc and introspection.cc.
    {"flushall", -1, kWrite | kAllKeys, 0, 0, 0, cmd_flush, "server", "Remove all keys"},
    {"flushdb", -1, kWrite | kAllKeys, 0, 0, 0, cmd_flush, "server", "Remove all keys"},
    {"expire", -3, kWrite | kFast, 1, 1, 1, cmd_expire, "generic",
     "Set a key's time to live in seconds"},
    {"pexpire", -3, kWrite | kFast, 1, 1, 1, cmd_pexpire, "generic",
     "Set a key's time to live in milliseconds"},
    {"expireat", -3, kWrite | kFast, 1, 1, 1, cmd_expireat, "generic",
     "Set a key's expiration as a UNIX timestamp"},
    {"pexpireat", -3, kWrite | kFast, 1, 1, 1, cmd_pexpireat, "generic",
     "Set a key's expiration as a UNIX timestamp in milliseconds"},
    {"ttl", 2, kReadOnly | kFast, 1, 1, 1, cmd_ttl, "generic",
     "Get a key's time to live in seconds"},
    {"pttl", 2, kReadOnly | kFast, 1, 1, 1, cmd_pttl, "generic",
     "Get a key's time to live in milliseconds"},
    {"expiretime", 2, kReadOnly | kFast, 1, 1, 1, cmd_expiretime, "generic",
     "Get a key's expiration as a UNIX timestamp"},
    {"pexpiretime", 2, kReadOnly | kFast, 1, 1, 1, cmd_pexpiretime, "generic",
     "Get a key's expiration as a UNIX timestamp in milliseconds"},
    {"persist", 2, kWrite | kFast, 1, 1, 1, cmd_persist, "generic",
     "Remove the expiration from a key"},
    // Functions in hashes.cc and scan.cc.
    {"hset", -4, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_hset, "hash", "Set fields of a hash"},
    {"hmset", -4, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_hmset, "hash", "Set fields of a hash"},
    {"hsetnx", 4, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_hsetnx, "hash",
     "Set a field of a hash, only if it does not exist"},
    {"hget", 3, kReadOnly | kFast, 1, 1, 1, cmd_hget, "hash", "Get the value of a field of a hash"},
    {"hmget", -3, kReadOnly | kFast, 1, 1, 1, cmd_hmget, "hash",
     "Get the values of fields of a hash"},
    {"hgetall", 2, kReadOnly, 1, 1, 1, cmd_hgetall, "hash", "Get all fields and values of a hash"},
    {"hkeys", 2, kReadOnly, 1, 1, 1, cmd_hkeys, "hash", "Get all fields of a hash"},
    {"hvals", 2, kReadOnly, 1, 1, 1, cmd_hvals, "hash", "Get all values of a hash"},
    {"hdel", -3, kWrite | kFast, 1, 1, 1, cmd_hdel, "hash", "Delete fields of a hash"},
    {"hlen", 2, kReadOnly | kFast, 1, 1, 1, cmd_hlen, "hash", "Get the number of fields of a hash"},
    {"hexists", 3, kReadOnly | kFast, 1, 1, 1, cmd_hexists, "hash",
     "Determine if a field of a hash exists"},
    {"hstrlen", 3, kReadOnly | kFast, 1, 1, 1, cmd_hstrlen, "hash",
     "Get the length of the value of a field of a hash"},
    {"hincrby", 4, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_hincrby, "hash",
     "Increment the integer value of a field of a hash"},
    {"hincrbyfloat", 4, kWrite | kDenyOom | kFast, 1, 1, 1, cmd_hincrbyfloat, "hash",
     "Increment the float value of a field of a hash"},
    {"hrandfield", -2, kReadOnly, 1, 1, 1, cmd_hrandfield, "hash", "Get random fields of a hash"},
    {"hscan", -3, kReadOnly, 1, 1, 1, cmd_hscan, "hash",
     "Incrementally iterate the fields of a hash"},
    // Functions in transactions.cc.
    {"multi", 1, kFast | kNotQueued, 0, 0, 0, cmd_multi, "transactions", "Start a transaction"},
    {"exec", 1, kNotQueued, 0, 0, 0, cmd_exec, "transactions",
     "Execute the commands of a transaction"},
    {"discard", 1, kFast | kNotQueued, 0, 0, 0, cmd_discard, "transactions",
     "Discard the commands of a transaction"},
    {"watch", -2, kFast | kNotQueued, 1, -1, 1, cmd_watch, "transactions",
     "Watch keys for changes before a transaction"},
    {"unwatch", 1, kFast, 0, 0, 0, cmd_unwatch, "transactions", "Forget about watched keys"},
    // Functions in connection.cc and clients.cc.
    {"ping", -1, kFast, 0, 0, 0, cmd_ping, "connection", "Ping the server"},
    {"echo", 2, kFast, 0, 0, 0, cmd_echo, "connection", "Echo the given string"},
    {"auth", -2, kFast | kNoAuth, 0, 0, 0, cmd_auth, "connection", "Authenticate to the server"},
    {"hello", -1, kFast | kNoAuth, 0, 0, 0, cmd_hello, "connection",
     "Handshake: protocol version, authentication, name"},
    {"quit", -1, kFast | kNoAuth | kNotQueued, 0, 0, 0, cmd_quit, "connection",
     "Close the connection"},
    {"reset", 1, kFast | kNoAuth | kNotQueued, 0, 0, 0, cmd_reset, "connection",
     "Reset the connection"},
    {"select", 2, kFast, 0, 0, 0, cmd_select, "connection",
     "Change the selected database (there is only 0)"},
    {"client", -2, 0, 0, 0, 0, cmd_client, "connection", "Commands about client connections"},
    {"command", -1, 0, 0, 0, 0, cmd_command, "server", "Commands about commands"},
    {"config", -2, kAdmin, 0, 0, 0, cmd_config, "server", "Read configuration parameters"},
    {"info", -1, 0, 0, 0, 0, cmd_info, "server", "Information and statistics about the server"},
    {"role", 1, kFast, 0, 0, 0, cmd_role, "server",
     "Return the role of the node in the replication group"},
    {"time", 1, kFast, 0, 0, 0, cmd_time, "server", "Return the server time"},
    {"wait", 3, 0, 0, 0, 0, cmd_wait, "generic",
     "Wait for replicas to acknowledge the writes of this connection"},
    {"cluster", -2, 0, 0, 0, 0, cmd_cluster, "cluster", "Cluster mode is disabled"},
    {"replicaof", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"slaveof", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"psync", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"sync", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"debug", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"shutdown", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"save", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"bgsave", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"bgrewriteaof", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"migrate", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"failover", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"module", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"acl", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
    {"monitor", -1, kAdmin, 0, 0, 0, cmd_restricted, "server",
     "Restricted: the control plane does this"},
};

constexpr size_t kSlots = 512;  // a power of two, about four times the number of commands
constexpr size_t kNameBytesMax = 16;

// The FNV-1a hash of the lower-case name.
size_t slot_of(std::string_view name) {
  uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c | 0x20)) * 16777619u;
  return hash % kSlots;
}

}  // namespace

std::span<const Command> command_table() {
  return kCommands;
}

CommandIndex::CommandIndex() : slots_(kSlots, nullptr) {
  static_assert(std::size(kCommands) * 3 < kSlots);
  for (const Command& command : kCommands) {
    CHECK(command.name.size() <= kNameBytesMax);
    size_t slot = slot_of(command.name);
    while (slots_[slot]) slot = (slot + 1) % kSlots;
    slots_[slot] = &command;
  }
}

const Command* CommandIndex::find(std::string_view name) const {
  if (name.size() > kNameBytesMax) return nullptr;
  for (size_t slot = slot_of(name); slots_[slot]; slot = (slot + 1) % kSlots) {
    if (is_word(name, slots_[slot]->name)) return slots_[slot];
  }
  return nullptr;
}

}  // namespace multiaz::cachenode
