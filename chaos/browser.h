// Browser: one shopper's HTTP client. It has cookies and one kept-alive connection, and says what
// an answer proves.
#pragma once

#include <map>
#include <string>

#include "base/http/client.h"
#include "base/rt/task.h"
#include "chaos/checkers/ledger.h"
#include "chaos/checkers/timeline.h"

namespace multiaz::chaos {

constexpr uint64_t kRequestTimeoutMs = 6'000;

// The result of a request. `status` is 0 when there was no answer at all.
struct Reply {
  int status = 0;
  std::string body;
  Outcome outcome = Outcome::kInDoubt;
  std::string why;       // the transport's error, for messages
  Nanos at = 0;          // when it came
  std::string instance;  // the web instance that answered; "" = not given
};
// Adds to findings from this answer the time and the web instance that it came from.
std::vector<Finding> found_in(const Reply& reply, std::vector<Finding> findings);

class Browser {
 public:
  Browser(rt::Address shop, Timeline& timeline) : shop_(shop), timeline_(timeline) {}

  // Sends one request and records it in the timeline. `json` "" = no body.
  rt::Task<Reply> send(Path path, std::string method, std::string target, std::string json,
                       std::string idempotency_key = "");
  // Does the same as send(), but not in the timeline: it is for the final audit.
  rt::Task<Reply> look(std::string target);
  // The next send() was due at `at`: its time in the timeline begins there (coordinated omission).
  void due(Nanos at) { due_ = at; }
  // The size of the last request: its line, headers and body.
  [[nodiscard]] uint64_t request_bytes() const { return request_bytes_; }

 private:
  rt::Task<Reply> exchange(std::string method, std::string target, std::string json,
                           std::string idempotency_key);
  void keep_cookies(const http::Response& response);

  rt::Address shop_;
  Timeline& timeline_;
  uint64_t request_bytes_ = 0;
  Nanos due_ = 0;
  std::map<std::string, std::string> cookies_;
  http::Client client_{http::ClientConfig()};
};

}  // namespace multiaz::chaos
