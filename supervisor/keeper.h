// The keeper of one instance that may be more than one process: an app behind npm or sh, a server
// with workers, a program that daemonises itself. It starts the app's main process and is the
// subreaper of all its descendants, so whatever they do (fork twice, setsid, clear their
// environment), they stay below it, and it ends only when the kernel says that none is left.
//
//   supervisor ── keeper ─┬─ main process (its pid is the instance's)
//                         └─ its descendants, also those whose parent has ended
//
// It is controlled by signals, so it needs no loop and no protocol:
//   SIGUSR1  kill all now (SIGKILL)      SIGTSTP  stop all (SIGSTOP)
//   SIGTERM  ask all to end              SIGCONT  continue all
// When the main process has failed, the others are ended, too: at once, or after SIGTERM once they
// have finished. A main process that ends with code 0 has daemonised itself, and the others go on.
// When all have ended, the keeper ends as the main process did, so its parent reads the right exit
// status; if the main process had ended before, the signal that ended the others counts. When the
// supervisor dies, all are killed.
#pragma once

#include <string>
#include <vector>

namespace multiaz::supervisor {

// as argv[0] it turns the supervisor's program into a keeper
constexpr const char* kKeeperName = "keeper";

// keeper --id ID --log FILE -- PROGRAM ARGUMENTS... REQUIRES: started by rt::spawn_kept. Does not
// return before all processes have ended.
int keep(const std::vector<std::string>& arguments);

// The signal that makes a keeper forward `signum`.
int for_keeper(int signum);

}  // namespace multiaz::supervisor
