// The control connections of all instances (wire/control.h): a proof of membership first, then
// messages in both directions. The handlers decide which instance is admitted and what messages
// mean.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/rt/conn.h"
#include "base/rt/nursery.h"
#include "base/rt/strangers.h"
#include "base/wire/control.h"

namespace multiaz::orchestrator {

constexpr uint64_t kHandshakeMs = 5000;
constexpr size_t kControlConnsMax = 2048;
constexpr size_t kControlStrangersMax = 256;          // without a proof; one more closes the oldest
constexpr size_t kControlPendingBytesMax = 16 << 20;  // for an instance that does not read

struct ControlHandlers {
  // Called after the proof: whether this instance and launch are expected. The error's text becomes
  // an event.
  std::function<Status(const wire::Hello&)> admit;
  // Called after the admission: from now on messages may be sent to the instance.
  std::function<void(const wire::Hello&)> on_hello;
  std::function<void(const std::string& id, uint64_t launch, const wire::ControlMessage&)>
      on_message;
  // `proven`: the peer has the cluster key. Without it the text may come from any process, or any
  // page of a browser.
  std::function<void(const std::string& peer, const Error& why, bool proven)> on_refused;
};

class ControlServer {
 public:
  ControlServer(std::string cluster_id, std::string key_hex, ControlHandlers handlers);

  // Accepts connections until stop().
  rt::Task<void> run(std::unique_ptr<rt::Listener> listener);
  void stop();

  // False when that instance is not connected.
  bool send(const std::string& id, const wire::ControlMessage& message);
  void broadcast(const wire::ControlMessage& message);
  [[nodiscard]] bool connected(const std::string& id) const { return sessions_.contains(id); }
  [[nodiscard]] size_t size() const { return sessions_.size(); }
  // Closes the connection of that instance if there is one.
  void drop(const std::string& id, std::string_view why);

 private:
  rt::Task<void> serve(std::unique_ptr<rt::Conn> conn);
  // `proven` becomes true as soon as the key is proven, also when an error follows.
  rt::Task<Result<wire::Hello>> handshake(rt::Conn& conn, bool& proven);
  rt::Task<Result<wire::ControlMessage>> receive(rt::Conn& conn, size_t bytes_max);
  bool send_bytes(rt::Conn& conn, const std::string& bytes);

  std::string cluster_id_, key_hex_;
  ControlHandlers handlers_;
  std::unique_ptr<rt::Listener> listener_;
  rt::Nursery nursery_;
  std::map<std::string, rt::Conn*> sessions_;  // admitted ones, by instance
  std::set<rt::Conn*> open_;                   // all connections
  rt::Strangers strangers_{kControlStrangersMax};
};

}  // namespace multiaz::orchestrator
