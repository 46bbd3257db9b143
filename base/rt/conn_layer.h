// ConnLayer: the layer of a connection that has one, between its reader and writer and its user.
// The bytes of the layer are those that the fabric acts on and that pending_bytes() counts.
#pragma once

#include <memory>
#include <string_view>

#include "base/rt/conn.h"
#include "base/rt/stream_layer.h"

namespace multiaz::rt {

class ConnLayer {
 public:
  ConnLayer(Conn::State& conn, std::unique_ptr<StreamLayer> stream)
      : conn_(conn), stream_(std::move(stream)) {}

  // Says what this side says first, and takes in what has arrived already.
  void start();
  // Passes what has arrived on to the input. It may close the connection.
  void arrived(std::string_view bytes);
  // Like arrived(), when writing has failed: nothing can be answered.
  void arrived_last(std::string_view bytes);
  // The peer has ended its side of the wire.
  void wire_ended();
  bool send(std::string_view plain);
  // Says that nothing follows, before the writing side is shut.
  void end();
  // The same for a connection that is being closed, all of whose bytes have left: it goes with the
  // FIN, whatever the link is like.
  void end_at_once();

  [[nodiscard]] bool established() const { return stream_->established(); }
  [[nodiscard]] StreamLayer& stream() { return *stream_; }

 private:
  Status take_in(std::string_view bytes);
  void pass_on_wire();

  Conn::State& conn_;
  std::unique_ptr<StreamLayer> stream_;
  bool ended_ = false;   // this side has said that nothing follows
  bool failed_ = false;  // nothing that arrives means anything any more
};

}  // namespace multiaz::rt
