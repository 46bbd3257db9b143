// The guardian heals when chaos itself dies. Faults that end by themselves in the daemons do not
// need it. Faults that must be undone by another act (a stopped process, a revoked rule) are
// registered with a small separate process before they are injected. It undoes each at its time,
// and all of them at once when chaos is gone (its pipe ends).
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "chaos/cluster.h"

namespace multiaz::chaos {

class Guardian {
 public:
  // Starts the process. kIo.
  static Result<std::unique_ptr<Guardian>> start(const Cluster& cluster);
  explicit Guardian(int pipe) : pipe_(pipe) {}
  ~Guardian();  // the process undoes what is left and ends
  Guardian(const Guardian&) = delete;
  Guardian& operator=(const Guardian&) = delete;

  // Both return the id for done(). `until`: CLOCK_MONOTONIC.
  uint64_t continue_at(int pid, Nanos until);
  uint64_t post_at(const std::string& path, const std::string& body, Nanos until);
  void done(uint64_t id);  // it has been undone
  // For each process of `hits`. To be called BEFORE anything stops it: if chaos died between a stop
  // and this call, the process would stay stopped for ever.
  std::vector<uint64_t> continue_all(const std::vector<Hit>& hits, Nanos until);
  void done_all(const std::vector<uint64_t>& ids);

 private:
  void tell(const nlohmann::json& order);
  int pipe_;
  uint64_t next_ = 1;
};

// The process's main: reads orders from `in` (a pipe). Returns the exit code.
rt::Task<int> guard(int in, rt::Address api, std::string token);

}  // namespace multiaz::chaos
