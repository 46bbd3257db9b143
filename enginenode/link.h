// Link: the protocol between the members of a group with a foreign engine, on the replication port.
//
//   the handshake of replication (replication/handshake.h): both prove the cluster's key, their
//   id and the incarnation of their data; before that nothing is sent or believed
//   -> "stream"                      then bytes, to the primary's engine
//   -> "lease", "lease EPOCH N" ...  answered "yes N" or "no N"
//
// Lines end with \n and have at most kLineBytesMax. Streams pass the listeners of enginenode so
// that cuts, delays and security groups apply to them.
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
constexpr size_t kStrangersMax = 64;  // connections without a proof so far

struct LinkConfig {
  std::string id, key_hex, cluster, group;
  Launch launch;
  rt::Address self;                         // with the replication port
  uint32_t engine_user = rt::kNoOtherUser;  // the user that the engine runs as
  uint64_t lease_every_ms = 50;
};

class Link {
 public:
  // `incarnation` returns that of the data now. `engine_socket` is the end of streams to this
  // member.
  Link(LinkConfig config, Member& member, Relay& relay, std::function<std::string()> incarnation,
       std::string engine_socket);

  // Binds and opens the replication port; kIo.
  Status start(rt::Nursery& nursery);
  // Sets the members' addresses by id, and asks each of them for the lease whenever it is due.
  void learn_members(std::map<std::string, rt::Address> members);
  // Carries a connection of the own engine, which follows, to the primary.
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
  std::set<std::string> asked_;  // members that have a task of ask_leases
  rt::Strangers strangers_{kStrangersMax};
  bool closed_ = false;
};

// The next line, without its end; kLimit when it is too long.
rt::Task<Result<std::string>> read_line(rt::Conn& conn);

}  // namespace multiaz::enginenode
