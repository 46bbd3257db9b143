// Link: what members of a group with a foreign engine say to each other, on the replication port.
//
//   -> "multiaz-engine NONCE"                                    who accepts asks for proof
//   <- "stream ID NONCE PROOF INCARNATION"                       then bytes, to the primary's
//   engine
//   <- "lease ID NONCE PROOF INCARNATION", "lease EPOCH N" ...   answered "yes N" or "no N"
//
// PROOF is wire::membership_proof over both nonces. Lines end with \n and have at most
// kLineBytesMax. Streams pass our doors so that cuts, delays and security groups hold for them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "enginenode/member/member.h"
#include "enginenode/relay.h"

namespace multiaz::enginenode {

constexpr size_t kLineBytesMax = 512;
constexpr uint64_t kLinkConnectMs = 500;
constexpr uint64_t kHelloMs = 1000;

struct LinkConfig {
  std::string id, key_hex;
  rt::Address self;  // with the replication port
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
  [[nodiscard]] Result<std::string> proof(const std::string& kind, const std::string& theirs,
                                          const std::string& ours, const std::string& id) const;

  LinkConfig config_;
  Member& member_;
  Relay& relay_;
  std::function<std::string()> incarnation_;
  std::string engine_socket_;
  rt::Nursery* nursery_ = nullptr;
  std::unique_ptr<rt::Listener> listener_;
  std::map<std::string, rt::Address> members_;
  std::set<std::string> asked_;  // members with a task of ask_leases
  bool closed_ = false;
};

// The next line, without its end; kLimit when it is too long.
rt::Task<Result<std::string>> read_line(rt::Conn& conn);
std::vector<std::string> words_of(std::string_view line);

}  // namespace multiaz::enginenode
