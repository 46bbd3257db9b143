// What is known of a cluster from its start on, as `multiaz up` and `multiaz describe` print it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/core/result.h"
#include "base/rt/address.h"

namespace multiaz::chaos {

struct ClusterFacts {
  std::string name;
  std::string run_dir, token, shop_url;
  rt::Address api, shop;
  uint64_t start_ms = 0;  // of `up` only
  int supervisor_pid = 0;
  std::map<std::string, std::string> endpoints;
  std::string summary;  // the JSON itself

  // "cache", "db", "db_reader", ...: the URL for clients, with the password; "" when there is none.
  [[nodiscard]] std::string endpoint(const std::string& wanted) const;
  // Where it is; nothing when there is no such endpoint.
  [[nodiscard]] std::optional<rt::Address> address_of(const std::string& wanted) const;
};

// Of the last JSON object in what such a command printed. kInternal: it is not as expected.
Result<ClusterFacts> read_facts(const std::string& output);

}  // namespace multiaz::chaos
