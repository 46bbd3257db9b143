// The load balancer's own flags, and the settings that follow from them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/agent/options.h"
#include "base/core/result.h"
#include "base/rt/conn.h"
#include "base/tls/context.h"
#include "lb/balance/target_group.h"
#include "lb/config.h"

namespace multiaz::lb {

struct NodeOptions {
  std::vector<TargetSpec> targets;  // for a standalone node
  std::string access_log;
  uint64_t idle_ms = 0;  // 0 takes the profile's
  bool stickiness = true;
  bool retries = true;
  std::string health_path = "/health";
  std::optional<elb::Document> document;  // of --config
  uint16_t https_port = 0;                // 0: no HTTPS
  bool tls_headers = false;
  std::shared_ptr<const tls::Context> tls;  // null: no certificate
};

// The flags as texts, before interpret().
struct NodeFlags {
  std::string target, config, access_log, idle_ms = "0", stickiness = "on", retries = "on",
                                          health_path = "/health";
  std::string https_port = "0", tls_cert, tls_key, tls_headers = "off";

  std::vector<agent::ExtraOption> extra_options();
  // Checks the flags and reads the document. kInvalid names the wrong flag, or each mistake of the
  // document; kIo: it cannot be read.
  [[nodiscard]] Result<NodeOptions> interpret(const agent::DaemonOptions& options) const;

 private:
  Status interpret_tls(const agent::DaemonOptions& options, NodeOptions& out) const;
  Status interpret_targets(const agent::DaemonOptions& options, NodeOptions& out) const;
};

LbConfig node_config(const agent::DaemonOptions& options, const NodeOptions& extra);

struct Listeners {
  // The own address comes first, then the inherited endpoints `shop` and `shop_local`.
  std::vector<std::unique_ptr<rt::Listener>> plain;
  // Likewise; the endpoints are `shop_https` and `shop_https_local`.
  std::vector<std::unique_ptr<rt::Listener>> tls;
};
Result<Listeners> open_listeners(const agent::DaemonOptions& options, const NodeOptions& extra);

}  // namespace multiaz::lb
