// The facts about a cluster that do not change after its start, as `multiaz up` and `multiaz
// describe` print them.
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
  uint64_t start_ms = 0;  // given by `up` only
  int supervisor_pid = 0;
  std::map<std::string, std::string> endpoints;
  std::string summary;  // the JSON itself

  // "cache", "db", "db_reader", ...: the URL for clients, with the password; "" when there is none.
  [[nodiscard]] std::string endpoint(const std::string& wanted) const;
  // The address of the endpoint; nothing when there is no such endpoint.
  [[nodiscard]] std::optional<rt::Address> address_of(const std::string& wanted) const;
};

// Reads the last JSON object that such a command printed. kInternal: it is not as expected.
Result<ClusterFacts> read_facts(const std::string& output);

}  // namespace multiaz::chaos
