// The access log: one line per request, with the fields in the order of Application Load Balancers.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "base/rt/address.h"
#include "base/tls/session.h"

namespace multiaz::lb {

struct AccessEntry {
  int64_t created_wall_ms = 0;  // when the first byte of the request came
  // 0 when that point was never reached
  Nanos created = 0, dispatched = 0, answered = 0, ended = 0;
  rt::Address client, listener, target;   // target.ip is 0 when no target was chosen
  int elb_status = 0, target_status = 0;  // 0 = none
  uint64_t received_bytes = 0, sent_bytes = 0;
  std::string method = "-", uri = "-", host, user_agent, trace;
  int version_minor = 1;
  bool websocket = false;
  std::string_view classification = "-", classification_reason;  // of the desync mitigation
  int rule_priority = -1;  // 0 = the default action; -1 = no rule was evaluated
  // The rules decided this: "forward" and the like, the target group, where a redirect leads.
  std::string action, group, redirect_url;
  const tls::Facts* tls = nullptr;  // null without TLS
};

// One line without its end. What a client sent is escaped.
std::string access_line(const AccessEntry& entry, const std::string& elb_name);

class AccessLog {
 public:
  // Appends to the file; `elb_name` as in "app/shop/lb-a1".
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, std::string elb_name);
  void write(const AccessEntry& entry);

 private:
  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  AccessLog(std::FILE* file, std::string elb_name);
  std::unique_ptr<std::FILE, Closer> file_;
  std::string elb_name_;
};

}  // namespace multiaz::lb
