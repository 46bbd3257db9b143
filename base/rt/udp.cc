#include "base/rt/udp.h"

#include <arpa/inet.h>
#include <uv.h>

#include <string>
#include <utility>

#include "base/core/check.h"
#include "base/rt/fabric.h"
#include "base/rt/loop.h"

namespace multiaz::rt {

struct UdpSocket::State {
  uv_udp_t uv;
  OnDatagram on_datagram;
  Address bound;
  char buffer[kDatagramBytesMax];
};

namespace {

sockaddr_in ip_address(Address address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(address.port);
  out.sin_addr.s_addr = htonl(address.ip);
  return out;
}

void give_buffer(uv_handle_t* handle, size_t, uv_buf_t* out) {
  auto* state = static_cast<UdpSocket::State*>(handle->data);
  *out = uv_buf_init(state->buffer, sizeof state->buffer);
}

void take(uv_udp_t* handle, ssize_t bytes, const uv_buf_t* buffer, const sockaddr* from,
          unsigned flags) {
  if (bytes < 0 || !from || (flags & UV_UDP_PARTIAL)) return;
  auto* state = static_cast<UdpSocket::State*>(handle->data);
  const auto* in = reinterpret_cast<const sockaddr_in*>(from);
  const Address peer = make_address(ntohl(in->sin_addr.s_addr), ntohs(in->sin_port));
  const LinkState link = fabric().link(peer.ip, state->bound.ip);
  if (link.blocked()) {
    fabric().bites().bytes_dropped += static_cast<uint64_t>(bytes);
    return;
  }
  if (!fabric().admits(peer, state->bound)) return;
  state->on_datagram(std::string_view(buffer->base, static_cast<size_t>(bytes)), peer);
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(Address address, OnDatagram on_datagram) {
  auto* state = new State();
  CHECK(uv_udp_init(uv_loop_raw(), &state->uv) == 0);
  state->uv.data = state;
  state->on_datagram = std::move(on_datagram);
  auto socket = std::make_unique<UdpSocket>(state);
  const sockaddr_in to = ip_address(address);
  int failed = uv_udp_bind(&state->uv, reinterpret_cast<const sockaddr*>(&to), 0);
  if (failed == 0) failed = uv_udp_recv_start(&state->uv, give_buffer, take);
  if (failed != 0)
    return Error(Code::kUnavailable, address.text() + "/udp: " + uv_strerror(failed));
  sockaddr_in name{};
  int size = sizeof name;
  uv_udp_getsockname(&state->uv, reinterpret_cast<sockaddr*>(&name), &size);
  state->bound = make_address(ntohl(name.sin_addr.s_addr), ntohs(name.sin_port));
  return Result<std::unique_ptr<UdpSocket>>(std::move(socket));
}

UdpSocket::UdpSocket(State* state) : state_(state) {}

UdpSocket::~UdpSocket() {
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->uv),
           [](uv_handle_t* handle) { delete static_cast<State*>(handle->data); });
}

void UdpSocket::send(std::string_view bytes, Address to) {
  const LinkState link = fabric().link(state_->bound.ip, to.ip);
  if (link.blocked()) {
    fabric().bites().bytes_dropped += bytes.size();
    return;
  }
  const sockaddr_in address = ip_address(to);
  const uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  (void)uv_udp_try_send(&state_->uv, &buffer, 1, reinterpret_cast<const sockaddr*>(&address));
}

Address UdpSocket::address() const {
  return state_->bound;
}

}  // namespace multiaz::rt
