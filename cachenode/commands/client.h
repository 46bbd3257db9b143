// Client: the state of one connection that commands see. It has no socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/ids.h"

namespace multiaz::cachenode {

constexpr size_t kQueuedCommandsMax = 65536;          // commands in one transaction
constexpr size_t kQueuedBytesMax = 32 * 1024 * 1024;  // bytes of their arguments
constexpr size_t kWatchedKeysMax = 65536;             // keys that one client watches

struct Command;

enum class ReplyMode { kOn, kOff, kSkip };  // kSkip drops the next reply

// A command that waits for EXEC.
struct QueuedCommand {
  const Command* command;
  std::vector<std::string> args;
};

struct WatchedKey {
  std::string key;
  bool was_expired;  // had expired already when the watch began
};

// WAIT holds its connection until this many replicas have everything up to last_write.
struct WaitRequest {
  int64_t replicas = 0;
  int64_t timeout_ms = 0;  // 0 waits without a limit
};

struct Client {
  uint64_t id = 0;
  std::string peer, local;  // "127.0.0.1:50312"
  std::string name, library, library_version;
  int resp = 2;  // protocol version
  bool authenticated = false;
  ReplyMode reply_mode = ReplyMode::kOn;
  bool no_evict = false;
  int64_t since_ms = 0, active_ms = 0;  // wall clock: when it connected, and its last command
  const Command* last_command = nullptr;
  Lsn last_write;  // lsn of this client's newest write

  bool in_multi = false;
  bool multi_failed = false;  // a command was refused while it was queued
  std::vector<QueuedCommand> queue;
  size_t queued_bytes = 0;
  std::vector<WatchedKey> watched;
  bool watch_broken = false;  // a watched key has changed

  // What the connection must do after the command.
  bool close_after_reply = false;
  std::optional<WaitRequest> wait;
};

}  // namespace multiaz::cachenode
