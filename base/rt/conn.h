// Conn: one stream (TCP or unix) for coroutines. Listener: a source of accepted Conns.
//
// Reading is always on: bytes collect in an input buffer up to kInputBytesMax, then reading pauses.
// Writing: send() takes all bytes at once (into the kernel if they fit, else into a pending
// buffer); write() also waits while more than kPendingBytesHigh are pending: back-pressure. A
// deadline belongs to the connection: when it passes, the connection closes with kTimeout and every
// wait on it returns that error. close() may be called at any time by any code.
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

class StreamLayer;

class Conn {
 public:
  struct State;
  explicit Conn(State* state);  // made by connect() and Listener only
  ~Conn();                      // closes; REQUIRES: no coroutine waits on it
  Conn(const Conn&) = delete;
  Conn& operator=(const Conn&) = delete;

  // --- reading: one reader at a time ---
  // Waits until bytes arrived that peek() has not shown yet. kClosed at the end of the stream.
  Task<Status> more();
  std::string_view peek();  // valid until the next more(), consume() or write
  void consume(size_t bytes);
  // Lets the input buffer grow up to `bytes` before reading pauses, for big values.
  void set_input_max(size_t bytes);

  // --- writing ---
  // False when the connection is closed.
  bool send(std::string_view data);
  Task<Status> write(std::string_view data);
  size_t pending_bytes() const;
  // Waits until no byte is pending, before an orderly close.
  Task<Status> drained();
  void shutdown_write();  // sends FIN after the pending bytes

  // --- a layer: TLS (base/tls/stream.h) ---
  // Puts a layer between the application and the wire, for good, and waits until both ends have
  // agreed. What has arrived unread is the layer's. Afterwards everything above and below means
  // the application's bytes, but pending_bytes() and the fabric those of the wire; the end of the
  // stream counts only when the peer says it in the layer, else the connection closes with kClosed.
  // Takes the deadline of the connection for its own, and clears it. REQUIRES: no layer yet.
  Task<Status> start_layer(std::unique_ptr<StreamLayer> layer, uint64_t deadline_ms);
  StreamLayer* layer() const;  // null for a plain connection

  // --- life ---
  // The peer sees an orderly end only when it gets every byte that was sent: with bytes that are
  // pending, or that a fault has swallowed, it sees a reset.
  void close(Code code, std::string_view why);
  // Closes with a reset whatever is pending: the only way to say that a body without a length is
  // incomplete.
  void abort(Code code, std::string_view why);
  bool closed() const;
  Error close_reason() const;  // REQUIRES: closed()
  bool at_eof() const;         // the peer has ended its side
  void deadline_in_ms(uint64_t ms);
  // Like deadline, for a peer that reads slowly: it passes when not one byte that was sent has
  // arrived at the peer for `ms`. Bytes that a slow link holds back count as travelling. Checked
  // every quarter of `ms`.
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

// kUnavailable: refused, so certainly nothing was sent; kTimeout; kExhausted: this process is out
// of descriptors or ports.
Task<Result<std::unique_ptr<Conn>>> connect_tcp(ConnectOptions options);
Task<Result<std::unique_ptr<Conn>>> connect_unix(std::string path);

class Listener {
 public:
  struct State;
  // Binds and listens. Port 0 takes any free one. The error names the address: "127.0.0.1:8080:
  // address already in use".
  static Result<std::unique_ptr<Listener>> bind(Address address, int backlog = 1024);
  // Any free port of 127.0.0.1, for children of this process. No security group judges it, as with
  // the loopback interface of an instance.
  static Result<std::unique_ptr<Listener>> bind_inside();
  // Listens on an inherited descriptor (a virtual endpoint). The descriptor stays open and goes on
  // queueing connections when this Listener is gone; other processes may accept from it, too.
  static Result<std::unique_ptr<Listener>> adopt(int fd);
  static Result<std::unique_ptr<Listener>> bind_unix(const std::string& path);
  explicit Listener(State* state);
  ~Listener();  // REQUIRES: no coroutine waits in accept()
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The next connection; kCancelled after close().
  Task<Result<std::unique_ptr<Conn>>> accept();
  void close();
  Address address() const;

 private:
  State* state_;
};

// A listening socket that other processes inherit: bound and listening, with close-on-exec set.
Result<int> open_listening_socket(Address address, int backlog = 4096);

// The descriptor that MULTIAZ_LISTEN gives `name` ("cache=3,cache_reader=4"); -1 when it is absent.
int inherited_listener(std::string_view name);

}  // namespace multiaz::rt
