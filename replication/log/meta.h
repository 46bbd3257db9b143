// The metadata that a member keeps beside its records: its incarnation, and the last view that it
// accepted with the addresses of the members, so that a restart needs no control plane.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "replication/core/types.h"

namespace multiaz::replication {

struct Meta {
  Incarnation incarnation;
  View view;
  std::map<NodeId, std::string> addresses;  // "127.20.1.61:7946"
  bool operator==(const Meta&) const = default;
};

// The text has lines `key value` and ends with a checksum.
std::string encode_meta(const Meta& meta);
Result<Meta> decode_meta(std::string_view text);  // kCorrupt with the reason

}  // namespace multiaz::replication
