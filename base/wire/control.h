// The control protocol: between a daemon (or the supervisor) and the orchestrator. A payload is
// the MessagePack array [name, {key: value}] and travels in a frame (frame.h).
//
//   server                         client
//   Challenge{nonce_s}        ->
//                             <-   Hello{id, nonce_c, proof("client", nonce_s, nonce_c, id)}
//   Welcome{nonce_c, proof("server", nonce_c, nonce_s, id)} ->
//
// Both know the cluster key; neither ever sends it, and a recorded proof is worth nothing later.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/core/result.h"
#include "base/wire/control_supervisor.h"
#include "base/wire/control_types.h"

namespace multiaz::wire {

constexpr size_t kControlBytesMax = 4 * 1024 * 1024;  // bound on one payload
constexpr size_t kHelloBytesMax = 8 * 1024;  // bound on a payload before the proof is checked

// A variant whose copies and destructor are compiled once (STYLE.md, "Wide variants").
struct ControlMessage : std::variant<Challenge, Hello, Welcome, StatusReport, EventReport,
                                     ViewRequest, ViewAck, ViewUpdate, HandOver, TopologyUpdate,
                                     Drain, Ping, Spawn, SignalProcess, ListProcesses, ProcessList,
                                     Exited, Done, Shutdown, TakeSnapshot, SnapshotTaken> {
  using variant::variant;
  ControlMessage(const ControlMessage&);
  ControlMessage(ControlMessage&&) noexcept;
  ControlMessage& operator=(const ControlMessage&);
  ControlMessage& operator=(ControlMessage&&) noexcept;
  ~ControlMessage();
};

// The payload, without the frame header.
std::string encode(const ControlMessage& message);

// Unknown keys are ignored, because a newer peer may send them; missing keys and wrong types are
// kInvalid and named: "Hello: key 'nonce' is missing".
Result<ControlMessage> decode_control(std::string_view payload);

// The message's name, such as "Hello", for logs.
std::string_view name_of(const ControlMessage& message);

// Keyed hash (BLAKE2b) over label, both nonces and id, each with its length, as 64 hex digits.
// `label` says which side proves ("client", "server"), so that a proof cannot be sent back.
// nonce_a is the verifier's, nonce_b the prover's own. kInvalid: key_hex is not 64 hex digits.
Result<std::string> membership_proof(std::string_view key_hex, std::string_view label,
                                     std::string_view nonce_a, std::string_view nonce_b,
                                     std::string_view id);
// Compares in constant time.
bool same_proof(std::string_view a, std::string_view b);

}  // namespace multiaz::wire
