// What a member must remember beside its records: whose life this is, and the last view it
// accepted, with the addresses of the members, so that a restart needs no control plane.
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

// Lines `key value`, closed by a checksum.
std::string encode_meta(const Meta& meta);
Result<Meta> decode_meta(std::string_view text);  // kCorrupt with the reason

}  // namespace multiaz::replication
