#include "replication/sim/journal.h"

#include <fmt/format.h>

namespace multiaz::replication::sim {

void Journal::trace(Nanos now, const std::string& who, const std::string& text) {
  if (traces_)
    text_ += fmt::format("[{:>6}.{}] {} {}\n", now / kMillisecond, now / (kMillisecond / 10) % 10,
                         who, text);
}

}  // namespace multiaz::replication::sim
