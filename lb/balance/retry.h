// What to do when an attempt to get an answer failed: try another target, or answer with which
// error.
//
// A connect that failed has sent nothing, so any request may go to another target. A request that
// was written is sent again only when it is idempotent, its body is still complete here, and not
// one byte of an answer came back; and then only once.
#pragma once

#include <string_view>

namespace multiaz::lb {

constexpr int kConnectsMax = 3;  // different targets tried for one request
constexpr int kSendsMax = 2;

enum class Failure {
  kRefused,         // the connect was refused or reset
  kShort,           // this process had no descriptor for a connection
  kConnectTimeout,  // the connect timed out
  kLost,            // the connection ended before the first byte of an answer
  kSilent,          // no byte of an answer came before the idle time-out
  kBroken,          // the answer was malformed, too large or ended inside its head
};

struct Attempts {
  bool idempotent = false;
  bool body_consumed = false;  // bytes of the request's body have been sent to a target
  int connects_failed = 0;     // including this attempt
  int sends = 0;               // including this attempt
};

struct Verdict {
  bool again = false;
  int status = 502;  // the answer when it is not tried again
};

Verdict after_failure(Failure failure, const Attempts& attempts);
bool is_idempotent(std::string_view method);

}  // namespace multiaz::lb
