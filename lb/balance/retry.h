// What to do when an attempt to get an answer failed: another target, or which error.
//
// A connect that failed has sent nothing, so any request may go to another target. A request that
// was written is sent a second time only when it is idempotent, its body is still ours, and not
// one byte of an answer came back; and then once more at most.
#pragma once

#include <string_view>

namespace multiaz::lb {

constexpr int kConnectsMax = 3;  // different targets tried for one request
constexpr int kSendsMax = 2;

enum class Failure {
  kRefused,         // the connect was refused or reset
  kShort,           // we had no descriptor for a connection
  kConnectTimeout,  // no connection in time
  kLost,            // the connection ended before the first byte of an answer
  kSilent,          // no byte of an answer before the idle time-out
  kBroken,          // the answer was malformed, too large or ended inside its head
};

struct Attempts {
  bool idempotent = false;
  bool body_consumed = false;  // bytes of the request's body have left for a target
  int connects_failed = 0;     // this one included
  int sends = 0;               // this one included
};

struct Verdict {
  bool again = false;
  int status = 502;  // when not again
};

Verdict after_failure(Failure failure, const Attempts& attempts);
bool is_idempotent(std::string_view method);

}  // namespace multiaz::lb
