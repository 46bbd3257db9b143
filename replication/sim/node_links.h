// The links of a simulated process: messages leave when they are flushed, and only on the link that
// they were meant for.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "replication/core/digest.h"
#include "replication/driver/ports.h"
#include "replication/sim/disk.h"

namespace multiaz::replication::sim {

class Node;

// A message on a link between members. A snapshot's state travels with its first message.
struct LinkItem {
  enum class Kind { kUp, kDown, kMessage } kind;
  uint64_t session = 0;
  Message message;
  std::shared_ptr<const Values> state;
};

class NodeLinks : public LinkPort {
 public:
  explicit NodeLinks(Node& node) : node_(node) {}

  void send(const NodeId& to, const Message& message) override { post(to, message, nullptr); }
  void send_records(const SendRecords& what) override;
  void send_snapshot(const SendSnapshot& what) override;
  void flush() override;

  void receive(uint32_t from, LinkItem& item);
  void process_ended();
  void digest(Digest& out) const;

 private:
  struct Sent {
    NodeId to;
    uint64_t session = 0;
    Message message;
    std::shared_ptr<const Values> state;
  };
  void post(const NodeId& to, Message message, std::shared_ptr<const Values> state);

  Node& node_;
  std::map<uint32_t, uint64_t> sessions_;
  std::vector<Sent> outbox_;
};

}  // namespace multiaz::replication::sim
