// Links: the connections to the other members, one for each peer. Of two members the one with the
// smaller id always dials. So a link comes back by itself after cuts and restarts, whichever member
// is primary, and the links of a new primary exist already.
//
// Loop thread only. send() collects; flush(), once a turn, hands everything to the sockets. A link
// that is silent for kLinkSilentMs is closed (it survives a cut of a second). So is a link with
// more than kLinkPendingBytesMax pending: the peer then catches up from the log.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/strangers.h"
#include "base/rt/wait.h"
#include "replication/handshake.h"

namespace multiaz::replication {

constexpr uint64_t kLinkSilentMs = 2500;
constexpr uint64_t kKeepAliveMs = 500;  // an empty frame is sent when nothing was sent for so long
constexpr uint64_t kLinksTickMs = 100;  // the pause between two calls of tick()
constexpr size_t kLinkPendingBytesMax = 128u << 20;
constexpr uint64_t kDialTimeoutMs = 500;
constexpr uint64_t kRedialMs = 50;
constexpr uint64_t kRedialRefusedMs = 1000;
constexpr uint64_t kStreamSliceUs = 300;      // a stream may take so long of the loop's time,
constexpr uint64_t kStreamPauseMs = 5;        // then it pauses,
constexpr uint64_t kStreamPauseInUseMs = 10;  // and longer while clients write
constexpr size_t kStrangersMax = 64;          // inbound connections that have not authenticated
constexpr size_t kRefusalsMax = 64;           // peers whose last refusal is kept

// Called on the loop. It may call only send(), stream() and has_room() of Links.
class LinkUser {
 public:
  virtual ~LinkUser() = default;
  virtual void link_up(const MemberRef& peer, Launch launch) = 0;
  virtual void link_down(const NodeId& peer) = 0;
  virtual void link_message(const NodeId& peer, Message message) = 0;
  virtual void link_room(const NodeId& peer) = 0;          // answers want_room
  virtual void link_refused(const std::string& text) = 0;  // once for each reason and peer
  virtual bool in_use() const = 0;  // clients write: a stream leaves them more room
};

// A long transfer in pieces, each sent when there is room, with other messages in between.
struct Stream {
  std::function<std::optional<std::string>()> next;  // one encoded message; nullopt at the end
  std::function<void(bool ok)> done;  // false: the link closed, or another stream replaced it
};

class Links {
 public:
  Links(LinkIdentity identity, std::unique_ptr<rt::Listener> listener, LinkUser& user);
  ~Links();  // REQUIRES: run() has returned or was never called

  rt::Address address() const { return listener_->address(); }
  // Serves until stop(), and ends when every connection is closed.
  rt::Task<void> run();
  void stop();

  // The members to be linked with, by address; those that this member does not dial are ignored.
  void set_peers(std::map<NodeId, rt::Address> peers);
  bool linked(const NodeId& peer) const { return links_.count(peer) > 0; }
  // The number of the link to this peer, which is new for every connection; 0 = none.
  uint64_t serial(const NodeId& peer) const;

  void send(const NodeId& to, std::string_view message);  // encoded; dropped without a link
  bool has_room(const NodeId& to) const;  // false: link_room comes when there is room again
  void stream(const NodeId& to, Stream stream);
  void flush();
  void tick();

 private:
  struct Link;
  using LinkPtr = std::shared_ptr<Link>;

  rt::Task<void> accept_loop();
  rt::Task<void> greet_inbound(std::unique_ptr<rt::Conn> conn);
  rt::Task<void> dial_loop(NodeId peer);
  rt::Task<uint64_t> dial_once(NodeId peer, rt::Address to);
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn, Handshake peer);
  rt::Task<void> write_loop(LinkPtr link);
  rt::Task<Status> read_loop(LinkPtr link);
  Status take_frames(Link& link);
  bool adopt(const LinkPtr& link);
  void retire(const LinkPtr& link, const Status& why);
  void refused(const NodeId& peer, const Error& error);
  void close(Link& link, Code code, std::string_view why);

  LinkIdentity identity_;
  std::unique_ptr<rt::Listener> listener_;
  LinkUser& user_;
  rt::Nursery nursery_;
  std::map<NodeId, LinkPtr> links_;
  std::map<NodeId, rt::Address> wanted_;    // to be dialled
  std::map<NodeId, bool> dialling_;         // a dial_loop runs
  std::map<NodeId, std::string> refusals_;  // the last text for each peer
  std::set<rt::Conn*> greeting_;            // connections before their handshake is done
  rt::Strangers strangers_{kStrangersMax};  // the inbound connections of those
  uint64_t serials_ = 0;
  bool running_ = false;
};

}  // namespace multiaz::replication
