// UdpSocket: sends and receives datagrams. The fabric applies: datagrams over a cut link are lost.
// A slow link does not delay them, because resolvers measure single answers and do not stream.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::rt {

constexpr size_t kDatagramBytesMax = 4096;  // longer ones are cut short by the kernel

class UdpSocket {
 public:
  // Called on the loop; the bytes are valid during the call only.
  using OnDatagram = std::function<void(std::string_view bytes, Address from)>;
  // Port 0 takes any free one. The error names the address.
  static Result<std::unique_ptr<UdpSocket>> bind(Address address, OnDatagram on_datagram);
  struct State;
  explicit UdpSocket(State* state);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Sends now, or drops the datagram when the kernel's buffer is full, as a network does.
  void send(std::string_view bytes, Address to);
  [[nodiscard]] Address address() const;

 private:
  State* state_;
};

}  // namespace multiaz::rt
