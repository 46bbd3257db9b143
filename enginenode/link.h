// Link: what members of a group with a foreign engine say to each other, on the replication port.
//
//   the handshake of replication (replication/handshake.h): both prove the cluster's key, their
//   id and the incarnation of their data; nothing is said or believed before
//   -> "stream"                      then bytes, to the primary's engine
//   -> "lease", "lease EPOCH N" ...  answered "yes N" or "no N"
//
// Lines end with \n and have at most kLineBytesMax. Streams pass our doors so that cuts, delays and
// security groups hold for them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/strangers.h"
#include "base/rt/unix_peer.h"
#include "enginenode/lines.h"
#include "enginenode/member/member.h"
#include "enginenode/relay.h"
#include "replication/handshake.h"

namespace multiaz::enginenode {

constexpr size_t kLineBytesMax = 512;
constexpr uint64_t kLinkConnectMs = 500;
constexpr uint64_t kHelloMs = 1000;
constexpr size_t kStrangersMax = 64;  // connections that have not proven anything yet

struct LinkConfig {
  std::string id, key_hex, cluster, group;
  Launch launch;
  rt::Address self;  // with the replication port
  uint32_t engine_user = rt::kNoOtherUser;  // whom our engine runs as
  uint64_t lease_every_ms = 50;
};

class Link {
 public:
  // `incarnation`: of our data, now. `engine_socket`: where streams to us end.
  Link(LinkConfig config, Member& member, Relay& relay, std::function<std::string()> incarnation,
       std::string engine_socket);

  // Binds the replication port; kIo.
  Status start(rt::Nursery& nursery);
  // Where the group's members are, by id; asks each of them for the lease when it is due.
  void learn_members(std::map<std::string, rt::Address> members);
  // A follower's engine of ours came through its source door: on to the primary.
  rt::Task<void> carry(std::unique_ptr<rt::Conn> from_engine);
  void close();

 private:
  rt::Task<void> accept_all();
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn);
  rt::Task<void> answer_leases(rt::Conn& conn);
  rt::Task<void> ask_leases(std::string peer);
  rt::Task<void> ask_over(rt::Conn& conn, std::string peer);
  rt::Task<Result<std::unique_ptr<rt::Conn>>> call(std::string peer, std::string kind);
  rt::Task<Result<std::string>> greet(rt::Conn& conn);
  [[nodiscard]] replication::LinkIdentity identity() const;

  LinkConfig config_;
  Member& member_;
  Relay& relay_;
  std::function<std::string()> incarnation_;
  std::string engine_socket_;
  rt::Nursery* nursery_ = nullptr;
  std::unique_ptr<rt::Listener> listener_;
  std::map<std::string, rt::Address> members_;
  std::set<std::string> asked_;  // members with a task of ask_leases
  rt::Strangers strangers_{kStrangersMax};
  bool closed_ = false;
};

// The next line, without its end; kLimit when it is too long.
rt::Task<Result<std::string>> read_line(rt::Conn& conn);

}  // namespace multiaz::enginenode
