#include "replication/log/seed.h"

#include <filesystem>
#include <optional>

#include "replication/log/format.h"
#include "replication/log/snapshot_file.h"

namespace multiaz::replication {

namespace {

namespace fs = std::filesystem;

Result<Lsn> find_snapshot(Storage& storage, const std::string& folder) {
  const auto names = storage.list(folder);
  if (!names) return Error(Code::kNotFound, folder + ": there is no such folder");
  std::optional<Lsn> found;
  for (const std::string& name : *names) {
    const auto lsn = number_of("snapshot", name);
    if (!lsn) continue;
    if (found) return Error(Code::kNotFound, folder + ": there is more than one snapshot");
    found = *lsn;
  }
  if (!found) return Error(Code::kNotFound, folder + ": there is no snapshot");
  return *found;
}

Status share(const std::string& from, const std::string& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (!failed) return Status();
  fs::copy_file(from, to, failed);
  if (failed) return Error(Code::kIo, to + ": " + failed.message());
  return Status();
}

}  // namespace

Result<Mark> inspect_snapshot(Storage& storage, const std::string& folder, bool every_byte) {
  const auto lsn = find_snapshot(storage, folder);
  if (!lsn) return lsn.error();
  if (!every_byte) return read_snapshot_mark(storage, folder, *lsn);
  auto whole = read_snapshot(storage, folder, *lsn);
  if (!whole) return whole.error();
  return std::move(whole->mark);
}

Status seed_folder(Storage& storage, const std::string& snapshot_folder,
                   const std::string& data_folder, const Meta& meta) {
  const auto lsn = find_snapshot(storage, snapshot_folder);
  if (!lsn) return lsn.error();
  std::error_code failed;
  fs::remove_all(data_folder, failed);
  if (failed) return Error(Code::kIo, data_folder + ": " + failed.message());
  if (Status made = storage.make_folder(data_folder); !made) return made;
  const std::string name = numbered_name("snapshot", *lsn);
  if (Status done = share(snapshot_folder + "/" + name, data_folder + "/" + name); !done) {
    return done;
  }
  return write_whole_file(storage, data_folder, "meta", encode_meta(meta));
}

}  // namespace multiaz::replication
