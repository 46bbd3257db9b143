#include "base/rt/unix_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace multiaz::rt {

Status check_unix_peer(const Conn& conn, const std::string& path, uint32_t also) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(conn.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Error(Code::kIo, path + ": " + strerror(errno));
  }
  if (peer.uid == geteuid() || peer.uid == 0 || peer.uid == also) return Status();
  return Error(Code::kDenied, path + ": user " + std::to_string(peer.uid) +
                                  " is at the other end of this socket, and this is user " +
                                  std::to_string(geteuid()));
}

Task<Result<std::unique_ptr<Conn>>> connect_unix_to(std::string path, uint32_t also) {
  auto conn = co_await connect_unix(path);
  if (!conn) co_return conn;
  const Status known = check_unix_peer(**conn, path, also);
  if (!known) co_return known.error();
  co_return conn;
}

}  // namespace multiaz::rt
