// The keeper of one instance that may be more than one process: an app behind npm or sh, a server
// with workers, something that daemonises itself. It starts the app's main process and is the
// subreaper of all that come from it, so whatever they do (fork twice, setsid, clear their
// environment), they stay below it, and it ends only when the kernel says that nobody is left.
//
//   supervisor ── keeper ─┬─ main process (its pid is the instance's)
//                         └─ what it started, and what lost its parents
//
// Told by signals, so that it needs no loop and no protocol:
//   SIGUSR1  all end, now (SIGKILL)      SIGTSTP  all stop (SIGSTOP)
//   SIGTERM  all are asked to end        SIGCONT  all go on
// When the main process has failed, the others are ended, too: at once, or after SIGTERM when they
// are done. One that ends with code 0 has made itself a daemon, and the others go on. When all have
// ended the keeper ends as the main process did, so its parent reads the truth in the exit status;
// the signal that ended all counts when the main process had ended before. When the supervisor
// dies, all end.
#pragma once

#include <string>
#include <vector>

namespace multiaz::supervisor {

constexpr const char* kKeeperName = "keeper";  // argv[0]: the supervisor's program is a keeper then

// keeper --id ID --log FILE -- PROGRAM ARGUMENTS...
// REQUIRES: started by rt::spawn_kept. Does not return before everybody has ended.
int keep(const std::vector<std::string>& arguments);

// The signal that tells a keeper to pass `signum` on.
int for_keeper(int signum);

}  // namespace multiaz::supervisor
