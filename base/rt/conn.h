// Conn: one stream (TCP or unix) as coroutines see it. Listener: where they come from.
//
// Reading stays on; bytes collect in an input buffer up to kInputBytesMax, then reading pauses.
// Writing: send() takes everything now (into the kernel if it fits, else into a pending buffer);
// write() also waits while more than kPendingBytesHigh are pending: back-pressure.
// A deadline belongs to the connection: when it fires the connection closes with kTimeout and
// every wait on it returns that error. close() may be called at any time and by anybody.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/rt/task.h"

namespace multiaz::rt {

constexpr size_t kInputBytesMax = 1 << 20;
constexpr size_t kPendingBytesHigh = 256 << 10;

class Conn {
 public:
  struct State;
  explicit Conn(State* state);  // from connect() or Listener only
  ~Conn();                      // closes; REQUIRES: nobody waits on it
  Conn(const Conn&) = delete;
  Conn& operator=(const Conn&) = delete;

  // --- reading: one reader at a time ---
  // Waits until bytes arrived that peek() has not shown yet. kClosed at the end of the stream.
  Task<Status> more();
  std::string_view peek();  // valid until the next more(), consume() or write
  void consume(size_t bytes);
  // Lets the input buffer grow up to `bytes` before reading pauses (big values).
  void set_input_max(size_t bytes);

  // --- writing ---
  // False when the connection is closed.
  bool send(std::string_view data);
  Task<Status> write(std::string_view data);
  size_t pending_bytes() const;
  // Waits until nothing is pending (before an orderly close).
  Task<Status> drained();
  void shutdown_write();  // FIN after what is pending

  // --- life ---
  // The peer sees an orderly end only when it gets every byte that was sent: with bytes pending, or
  // swallowed by a fault, it sees a reset.
  void close(Code code, std::string_view why);
  // Closes with a reset whatever is pending: the only way to say that a body without a length is
  // not whole.
  void abort(Code code, std::string_view why);
  bool closed() const;
  Error close_reason() const;  // REQUIRES: closed()
  bool at_eof() const;         // the peer has ended its side
  void deadline_in_ms(uint64_t ms);
  // The same for a peer that reads slowly: fires when for `ms` not one byte of what was sent has
  // arrived at it. What a slow link holds back counts as on its way. Looked at every quarter of it.
  void progress_deadline_ms(uint64_t ms);
  void clear_deadline();

  Address local() const;
  Address peer() const;
  int fd() const;

 private:
  State* state_;
};

struct ConnectOptions {
  Address to;
  Address from;  // ip 0 = let the kernel choose
  uint64_t timeout_ms = 1000;
};

// kUnavailable = refused (definitely nothing was sent); kTimeout; kExhausted = the fault is ours:
// we are out of descriptors or ports.
Task<Result<std::unique_ptr<Conn>>> connect_tcp(ConnectOptions options);
Task<Result<std::unique_ptr<Conn>>> connect_unix(std::string path);

class Listener {
 public:
  struct State;
  // Binds and listens. Port 0 = any free one. The error names the address: "127.0.0.1:8080: address
  // already in use".
  static Result<std::unique_ptr<Listener>> bind(Address address, int backlog = 1024);
  // Any free port of 127.0.0.1, for children of this process. No security group stands in front
  // of it, as with the loopback interface of an instance.
  static Result<std::unique_ptr<Listener>> bind_inside();
  // Listens on an inherited descriptor (virtual endpoint). The descriptor itself stays open and
  // keeps queueing when this Listener is gone; other processes may accept from it too.
  static Result<std::unique_ptr<Listener>> adopt(int fd);
  static Result<std::unique_ptr<Listener>> bind_unix(const std::string& path);
  explicit Listener(State* state);
  ~Listener();  // REQUIRES: nobody waits in accept()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Next connection; kCancelled after close().
  Task<Result<std::unique_ptr<Conn>>> accept();
  void close();
  Address address() const;

 private:
  State* state_;
};

// A listening socket for others to inherit: bound and listening, close-on-exec set.
Result<int> open_listening_socket(Address address, int backlog = 4096);

// Descriptors named in MULTIAZ_LISTEN ("cache=3,cache_reader=4"); -1 when `name` is absent.
int inherited_listener(std::string_view name);

}  // namespace multiaz::rt
