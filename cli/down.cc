// `multiaz down`: ends a cluster and removes what it left. It needs no orchestrator.
#include <filesystem>

#include "base/core/paths.h"
#include "cli/end.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace multiaz::cli {

namespace {

// A dead cluster may be taken down as well: its folder is removed.
Result<ClusterFolder> folder_to_end(const std::string& name) {
  auto running = find_cluster(name);
  if (running) return running;
  const auto names = folder_names();
  if (!name.empty()) {
    auto dead = load_folder(name);
    if (dead) return dead;
  } else if (names.size() == 1 && running.error().code == Code::kNotFound) {
    auto dead = load_folder(names[0]);
    if (dead) return dead;
  }
  return running.error();
}

}  // namespace

rt::Task<int> verb_down(Options options) {
  auto folder = folder_to_end(options.name);
  if (!folder) co_return complain(folder.error());
  const Status ended = end_cluster(*folder);
  if (!ended) {
    complain(ended.error());
    co_return kExitNotApplied;
  }
  if (options.keep || folder->keep) {
    folder->keep = true;
    folder->supervisor = 0;
    (void)save(*folder);
    print(folder->name + " is down; its data stays in " + folder->path + "\n");
    co_return kExitOk;
  }
  remove_folder(folder->path);
  if (path_exists(folder->path)) {
    co_return complain(Error(Code::kIo, folder->path + " could not be removed"));
  }
  print(folder->name + " is down; no process and no file is left\n");
  co_return kExitOk;
}

}  // namespace multiaz::cli
